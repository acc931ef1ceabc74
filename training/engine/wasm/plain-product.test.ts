import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../start.js";
import { plainProduct } from "./kernels/plain-product.js";
import { register } from "./register.js";

test("products without onnxruntime, transposed or not", async () => {
  const a = tf.util.createShuffledIndices(2 * 60 * 50);
  const product = (transposeA: boolean, transposeB: boolean) => {
    const result = tf.tidy(() => {
      const x = tf.tensor3d(Float32Array.from(a), transposeA ? [2, 50, 60] : [2, 60, 50]).div(6000) as tf.Tensor3D;
      const y = tf.tensor3d(Float32Array.from(a), transposeB ? [2, 60, 50] : [2, 50, 60]).div(6000) as tf.Tensor3D;
      return tf.matMul(x, y, transposeA, transposeB);
    });
    const values = result.dataSync<"float32">();
    result.dispose();
    return values;
  };
  const choices = [false, true].flatMap((left) => [false, true].map((right) => [left, right] as const));
  await startEngine("cpu");
  const expected = choices.map((choice) => product(...choice));
  await startEngine("wasm");
  register(plainProduct);
  const before = tf.backend().numDataIds();
  choices.forEach((choice, i) => {
    product(...choice).forEach((value, at) => {
      assert.ok(Math.abs(value - expected[i][at]) < 1e-4, `${choice} at ${at}: ${value}, ${expected[i][at]}`);
    });
  });
  assert.equal(tf.backend().numDataIds(), before);
});
