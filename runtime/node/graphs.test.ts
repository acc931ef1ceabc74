import assert from "node:assert/strict";
import { test } from "node:test";
import { OnnxBuilder } from "../../test/onnx-builder.js";
import { seeded } from "../../test/random-decoder.js";
import { type TinySizes, tinyDecoder, tinyEncoder } from "../../test/tiny-graphs.js";
import { decode } from "../core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "./graphs.js";

const SIZES: TinySizes = {
  width: 32,
  height: 32,
  grid: [4, 4],
  channels: 8,
  attention: 6,
  embedding: 5,
  hidden: 10,
  vocabulary: 30,
};
const TOKENS = { pad: 0, start: 1, end: 2, unk: 3 };

function randomImages(count: number): { data: Uint8Array; dims: number[] } {
  const random = seeded(9);
  return { data: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => random() * 256), dims: [count, 32, 32, 3] };
}

test("an encoder and a decoder graph caption a batch as they caption its images one by one", async () => {
  const encode = onnxEncoder(await openSession(tinyEncoder(SIZES, 1).bytes, { threads: 1 }));
  const step = onnxDecoderStep(await openSession(tinyDecoder(SIZES, 1).bytes, { threads: 1 }));
  const { data } = randomImages(3);
  const encoded = await encode({ data, dims: [3, 32, 32, 3] });
  assert.deepEqual(
    [encoded.features.dims, encoded.projected.dims, encoded.hidden.dims, encoded.cell.dims],
    [
      [3, 16, 8],
      [3, 16, 6],
      [3, 10],
      [3, 10],
    ],
  );
  const options = { beam: 3, maxLength: 10, lengthExponent: 0.7, alternatives: 1 };
  const together = await decode(encoded, step, TOKENS, options);
  for (const [i, decoding] of together.entries()) {
    const one = await encode({ data: data.subarray(i * 3072, (i + 1) * 3072), dims: [1, 32, 32, 3] });
    const [alone] = await decode(one, step, TOKENS, options);
    assert.deepEqual(alone!.tokens, decoding.tokens);
    assert.ok(Math.abs(alone!.score - decoding.score) < 1e-5);
    for (let t = 0; t < decoding.tokens.length; t++) {
      const sum = decoding.attention.subarray(t * 16, (t + 1) * 16).reduce((a, b) => a + b, 0);
      assert.ok(Math.abs(sum - 1) < 1e-5);
    }
  }
  assert.ok(new Set(together.map(({ tokens }) => tokens.join(" "))).size > 1, "the images' captions differ");
});

test("bytes that are no graph, and a graph of other outputs, are named", async () => {
  await assert.rejects(openSession(new Uint8Array(100)), { code: "MODEL_INVALID", message: /cannot open the graph/ });
  const g = new OnnxBuilder();
  g.node("Cast", ["image"], ["features"], { to: 1 });
  g.node("Cast", ["image"], ["projected"], { to: 7 });
  const shape = ["N", 32, 32, 3];
  const bytes = g.bytes(
    [{ name: "image", dtype: "uint8", shape }],
    [
      { name: "features", dtype: "float32", shape },
      { name: "projected", dtype: "int64", shape },
    ],
  );
  const encode = onnxEncoder(await openSession(bytes));
  await assert.rejects(encode(randomImages(1)), { code: "MODEL_INVALID", message: /projected has type int64/ });
});
