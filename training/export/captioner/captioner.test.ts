import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Tensor } from "onnxruntime-node";
import { checkGraph, readOnnx, writeOnnx } from "../../../converter/index.js";
import { type Decoding, decode } from "../../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../../runtime/node/graphs.js";
import { seeded, TOKENS } from "../../../test/random-decoder.js";
import { type TinySizes, tinyDecoder, tinyEncoder } from "../../../test/tiny-graphs.js";
import { buildCaptioner } from "./index.js";

const SIZES: TinySizes = {
  width: 8,
  height: 8,
  grid: [2, 2],
  channels: 5,
  attention: 4,
  embedding: 3,
  hidden: 6,
  vocabulary: 11,
};
const PIXELS = 8 * 8 * 3;

interface Captioned {
  tokens: number[][];
  scores: number[];
  /** [N, T, L] */
  attention: Float32Array;
  longest: number;
}

/** A tiny captioner with random weights, in both forms. */
async function tinyCaptioner(seed: number, lengthExponent: number, sizes: Partial<TinySizes> = {}) {
  const all = { ...SIZES, ...sizes };
  const bytes = { encoder: tinyEncoder(all, seed).bytes, decoder: tinyDecoder(all, seed).bytes };
  const graph = buildCaptioner(
    { encoder: readOnnx(bytes.encoder), decoder: readOnnx(bytes.decoder) },
    { tokens: TOKENS, lengthExponent },
  );
  checkGraph(graph);
  const sessions = await Promise.all(
    [bytes.encoder, bytes.decoder, writeOnnx(graph)].map((model) => openSession(model, { threads: 1 })),
  );
  const [encoder, decoder, whole] = sessions;
  const dims = (data: Uint8Array) => [data.length / PIXELS, 8, 8, 3];
  return {
    async stepwise(data: Uint8Array, beam: number, maxLength: number): Promise<Decoding[]> {
      const encoded = await onnxEncoder(encoder!)({ data, dims: dims(data) });
      return decode(encoded, onnxDecoderStep(decoder!), TOKENS, { beam, maxLength, lengthExponent });
    },
    async inOneGraph(data: Uint8Array, beam: number, maxLength: number): Promise<Captioned> {
      const whole64 = (value: number) => new Tensor("int64", BigInt64Array.of(BigInt(value)), []);
      const feeds = {
        image: new Tensor("uint8", data, dims(data)),
        beam: whole64(beam),
        max_length: whole64(maxLength),
      };
      const { tokens, scores, attention } = await whole!.run(feeds);
      const [count, longest] = tokens!.dims as [number, number];
      assert.deepEqual(attention!.dims, [count, longest, 4]);
      const rows = Array.from({ length: count }, (_, n) =>
        Array.from((tokens!.data as BigInt64Array).subarray(n * longest, (n + 1) * longest), Number),
      );
      const values = [...(scores!.data as Float32Array)];
      return { tokens: rows, scores: values, attention: attention!.data as Float32Array, longest };
    },
    release: () => Promise.all(sessions.map((session) => session.release())),
  };
}

function noise(count: number, seed: number): Uint8Array {
  const random = seeded(seed);
  return Uint8Array.from({ length: count * PIXELS }, () => random() * 256);
}

function assertSame(captioned: Captioned, expected: Decoding[]): void {
  const { longest } = captioned;
  assert.equal(longest, Math.max(...expected.map(({ tokens }) => tokens.length)));
  for (const [n, { tokens, score, attention }] of expected.entries()) {
    const padding = Array<number>(longest - tokens.length).fill(TOKENS.pad);
    assert.deepEqual(captioned.tokens[n], [...tokens, ...padding]);
    assert.ok(Math.abs(captioned.scores[n]! - score) < 1e-4, `${captioned.scores[n]} and ${score}`);
    const maps = captioned.attention.subarray(n * longest * 4, (n + 1) * longest * 4);
    const filled = Float32Array.from({ length: longest * 4 }, (_, i) => attention[i] ?? 0);
    for (const [i, share] of filled.entries()) assert.ok(Math.abs(maps[i]! - share) < 1e-5);
  }
}

test("one graph gives what step-wise decoding gives: random models, batches, beams and lengths", async () => {
  const lengths = new Set<number>();
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1 << 30 }),
      fc.constantFrom(0, 0.7, 1, 2),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      async (seed, lengthExponent, images, maxLength) => {
        const captioner = await tinyCaptioner(seed, lengthExponent);
        const pixels = noise(images, seed);
        for (const beam of [1, 2, 3, 4, 5]) {
          const expected = await captioner.stepwise(pixels, beam, maxLength);
          for (const { tokens } of expected) lengths.add(tokens.length);
          assertSame(await captioner.inOneGraph(pixels, beam, maxLength), expected);
        }
        await captioner.release();
      },
    ),
    { numRuns: 100 },
  );
  assert.ok(lengths.size > 5, "captions of many lengths");
});
