import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertOperator, attr } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const BOXES = tf.tensor2d([
  [0, 0, 1, 1],
  [0.1, 0.2, 0.83, 0.91],
  [0.9, 0.8, 0.2, 0.1],
  [-0.2, 0.3, 0.7, 1.4],
  [0.3, 0.7, 1, 1],
  [0.5, 0.5, 0.5, 0.5],
]);
// The image 5 is none of the batch.
const IMAGES = tf.tensor1d([0, 1, 0, 1, 1, 5], "int32");

test("CropAndResize: boxes inside, outside, mirrored, of images that do not exist", async () => {
  for (const { size, method, outside, dtype } of combinations({
    size: [
      [1, 1],
      [4, 5],
      [9, 1],
      [2, 13],
    ],
    method: ["bilinear", "nearest"],
    outside: [0, -3.5],
    dtype: ["float32", "int32"] as const,
  })) {
    const attributes = { method: attr.string(method), extrapolation_value: attr.float(outside) };
    for (const free of [false, true]) {
      const inputs = [
        { value: noiseTensor([2, 6, 7, 3], 1, { dtype }), fed: true, free },
        { value: BOXES, fed: true, free },
        { value: IMAGES, fed: free },
        { value: tf.tensor1d(size, "int32") },
      ];
      await assertOperator({ op: "CropAndResize", inputs, attributes });
    }
  }
});

test("CropAndResize without any box", async () => {
  const inputs = [
    { value: noiseTensor([2, 6, 7, 3]), fed: true },
    { value: tf.zeros([0, 4]), fed: true, free: true },
    { value: tf.tensor1d([], "int32"), fed: true, free: true },
    { value: tf.tensor1d([3, 2], "int32") },
  ];
  const attributes = { method: attr.string("bilinear"), extrapolation_value: attr.float(0) };
  await assertOperator({ op: "CropAndResize", inputs, attributes });
});
