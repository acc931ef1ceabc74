import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { Tensor } from "onnxruntime-node";
import { checkGraph, type Graph, readOnnx, writeOnnx } from "../../../converter/index.js";
import { packageRoot } from "../../../files/package-root.js";
import { type Decoding, decode } from "../../../runtime/core/index.js";
import { onnxCaptioner, onnxDecoderStep, onnxEncoder, openSession } from "../../../runtime/node/graphs.js";
import { decodeImage } from "../../../runtime/node/image.js";
import { choosePrecision, graphPath, loadModel } from "../../../runtime/node/model.js";
import { resolveModel } from "../../../runtime/node/model-paths.js";
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

/** A tiny captioner with random weights, in both forms; `change` makes another decoder of it. */
async function tinyCaptioner(seed: number, lengthExponent: number, change: (decoder: Graph) => void = () => {}) {
  const [encoderGraph, decoderGraph] = [tinyEncoder, tinyDecoder].map((make) => readOnnx(make(SIZES, seed).bytes));
  change(decoderGraph!);
  const graph = buildCaptioner({ encoder: encoderGraph!, decoder: decoderGraph! }, { tokens: TOKENS, lengthExponent });
  checkGraph(graph);
  const sessions = await Promise.all(
    [encoderGraph!, decoderGraph!, graph].map((each) => openSession(writeOnnx(each), { threads: 1 })),
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

/** Rounds the decoder's logits to whole numbers, so that many continuations are equally likely. */
function withTies(decoder: Graph): void {
  const maker = decoder.nodes.find(({ outputs }) => outputs.includes("logits"))!;
  maker.outputs = ["unrounded"];
  decoder.types.set("unrounded", decoder.outputs.find(({ name }) => name === "logits")!);
  decoder.nodes.push({
    name: "round",
    op: "Round",
    domain: "",
    inputs: ["unrounded"],
    outputs: ["logits"],
    attributes: {},
  });
}

test("ties go to the lower token, then to the lower place in the beam", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 1 << 30 }), fc.integer({ min: 1, max: 5 }), async (seed, beam) => {
      const captioner = await tinyCaptioner(seed, 0.7, withTies);
      const pixels = noise(2, seed);
      assertSame(await captioner.inOneGraph(pixels, beam, 6), await captioner.stepwise(pixels, beam, 6));
      await captioner.release();
    }),
    { numRuns: 40 },
  );
});

test("a beam wider than the vocabulary, and one and no word", async () => {
  const captioner = await tinyCaptioner(3, 1);
  const pixels = noise(3, 8);
  assertSame(await captioner.inOneGraph(pixels, 40, 3), await captioner.stepwise(pixels, 40, 3));
  assertSame(await captioner.inOneGraph(pixels, 3, 1), await captioner.stepwise(pixels, 3, 1));
  assertSame(await captioner.inOneGraph(pixels, 0, -2), await captioner.stepwise(pixels, 1, 1));
  await captioner.release();
});

const PHOTOGRAPHS = join(packageRoot(), "..", "shared", "data", "flickr8k");

test("the shipped model writes the same about 200 photographs", {
  skip: !existsSync(PHOTOGRAPHS) && "needs ../shared/data/flickr8k",
}, async () => {
  const { folder, manifest } = await loadModel(resolveModel());
  const { tokens, preprocessing, decoding, graphs } = manifest;
  const precision = choosePrecision({ folder, manifest, tokenizer: { words: [], tokens, decode: () => "" } });
  const files = await Promise.all(
    [graphs.encoder, graphs.decoder].map((role) => graphPath(folder, role[precision]!).then((path) => readFile(path))),
  );
  const [encoder, decoder] = files.map((bytes) => readOnnx(bytes)) as [Graph, Graph];
  const captioner = buildCaptioner({ encoder, decoder }, { tokens, lengthExponent: decoding.lengthExponent });
  const sessions = await Promise.all([...files, writeOnnx(captioner)].map((model) => openSession(model)));
  const [encode, step] = [onnxEncoder(sessions[0]!), onnxDecoderStep(sessions[1]!)];
  const caption = onnxCaptioner(sessions[2]!, tokens);
  const names = (await readFile(join(PHOTOGRAPHS, "Flickr_8k.devImages.txt"), "utf8")).split(/\r?\n/).slice(0, 200);
  const [size, batch] = [preprocessing.height * preprocessing.width * 3, 8];
  for (let start = 0; start < names.length; start += batch) {
    const pictures = await Promise.all(
      names.slice(start, start + batch).map((name) => decodeImage(join(PHOTOGRAPHS, "images", name), preprocessing)),
    );
    const data = new Uint8Array(pictures.length * size);
    for (const [i, picture] of pictures.entries()) data.set(picture, i * size);
    const dims = [pictures.length, preprocessing.height, preprocessing.width, 3];
    const options = { ...decoding, beam: 1 + ((start / batch) % 5) };
    const expected = await decode(await encode({ data, dims }), step, tokens, options);
    for (const [i, found] of (await caption({ data, dims }, options)).entries()) {
      assert.deepEqual(found.tokens, expected[i]!.tokens, names[start + i]);
      assert.ok(Math.abs(found.score - expected[i]!.score) < 1e-4, names[start + i]);
    }
  }
  await Promise.all(sessions.map((session) => session.release()));
});
