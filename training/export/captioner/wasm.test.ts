import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as web from "onnxruntime-web";
import { decode } from "../../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../../runtime/node/graphs.js";
import { seeded } from "../../../test/random-decoder.js";
import { addCaptioner } from "../../../test/tiny-captioner.js";
import { writeTinyModel } from "../../../test/tiny-model.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-captioner-"));
after(() => rm(folder, { recursive: true }));

test("the captioner runs on onnxruntime-web's WebAssembly, with its weights handed over", async () => {
  const manifest = await addCaptioner(folder, await writeTinyModel(folder, { channels: 48, hidden: 40 }));
  const { encoder, decoder, captioner } = manifest.graphs;
  const { file, externalData = [] } = captioner!.fp32!;
  web.env.wasm.numThreads = 1;
  const session = await web.InferenceSession.create(new Uint8Array(await readFile(join(folder, file))), {
    executionProviders: ["wasm"],
    externalData: await Promise.all(
      externalData.map(async ({ file }) => ({ path: file, data: new Uint8Array(await readFile(join(folder, file))) })),
    ),
  });
  const random = seeded(4);
  const [data, dims] = [Uint8Array.from({ length: 3 * 32 * 32 * 3 }, () => random() * 256), [3, 32, 32, 3]];
  const steps = await openSession(join(folder, decoder.fp32!.file));
  const pixels = await openSession(join(folder, encoder.fp32!.file));
  const whole = (value: number) => new web.Tensor("int64", BigInt64Array.of(BigInt(value)), []);
  for (const beam of [1, 3, 5]) {
    const expected = await decode(await onnxEncoder(pixels)({ data, dims }), onnxDecoderStep(steps), manifest.tokens, {
      ...manifest.decoding,
      beam,
    });
    const { tokens, scores } = await session.run({
      image: new web.Tensor("uint8", data, dims),
      max_length: whole(manifest.decoding.maxLength),
      beam: whole(beam),
    });
    const [, longest] = tokens!.dims as [number, number];
    for (const [n, decoding] of expected.entries()) {
      const row = Array.from((tokens!.data as BigInt64Array).subarray(n * longest, (n + 1) * longest), Number);
      assert.deepEqual(row.slice(0, decoding.tokens.length), decoding.tokens);
      assert.ok(row.slice(decoding.tokens.length).every((token) => token === manifest.tokens.pad));
      assert.ok(Math.abs((scores!.data as Float32Array)[n]! - decoding.score) < 1e-4);
    }
  }
  for (const each of [session, steps, pixels]) await each.release();
});
