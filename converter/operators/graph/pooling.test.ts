import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertOperator, attr } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const WINDOWS = combinations({ kernel: [1, 2, 3], stride: [1, 2, 3], padding: ["SAME", "VALID"], free: [false, true] });

const attributesOf = (sizes: number[], strides: number[], padding: string) => ({
  ksize: attr.ints([1, ...sizes, 1]),
  strides: attr.ints([1, ...strides, 1]),
  padding: attr.string(padding),
});

const image = noiseTensor([2, 7, 6, 3], 3);
const whole = noiseTensor([2, 7, 6, 3], 4, { dtype: "int32", below: 100000000 });

test("AvgPool, MaxPool", async () => {
  for (const { kernel, stride, padding, free } of WINDOWS) {
    const attributes = attributesOf([kernel, 2], [stride, 1], padding);
    await assertOperator({ op: "AvgPool", inputs: [{ value: image, fed: true, free }], attributes });
    await assertOperator({ op: "MaxPool", inputs: [{ value: image, fed: true, free }], attributes });
    await assertOperator({ op: "MaxPool", inputs: [{ value: whole, fed: true, free }], attributes });
  }
});

test("MaxPool of booleans, of one image, of none; a data format that has no effect", async () => {
  const attributes = attributesOf([2, 3], [2, 2], "SAME");
  const bools = tf.greater(image, 1);
  await assertOperator({ op: "MaxPool", inputs: [{ value: bools, fed: true }], attributes });
  for (const op of ["MaxPool", "AvgPool"]) {
    await assertOperator({ op, inputs: [{ value: noiseTensor([7, 6, 3]), fed: true }], attributes });
    await assertOperator({ op, inputs: [{ value: tf.zeros([0, 7, 6, 3]), fed: true, free: true }], attributes });
    const named = { ...attributes, data_format: attr.string("NCHW") };
    await assertOperator({ op, inputs: [{ value: image, fed: true }], attributes: named });
  }
});

test("MaxPoolWithArgmax: the first of equal maxima, counted with and without the batch", async () => {
  const coarse = noiseTensor([2, 7, 6, 3], 5, { dtype: "int32", below: 4 });
  for (const { kernel, stride, padding, free } of WINDOWS) {
    for (const within of [true, false]) {
      const attributes = {
        ...attributesOf([kernel, 2], [stride, stride], padding),
        include_batch_in_index: attr.bool(within),
      };
      for (const value of [image, coarse]) {
        const inputs = [{ value, fed: true, free }];
        await assertOperator({ op: "MaxPoolWithArgmax", inputs, attributes, outputs: 2 });
      }
    }
  }
});

test("AvgPool3D, MaxPool3D, also where strides leap over planes", async () => {
  const volume = noiseTensor([2, 5, 6, 5, 2], 3);
  for (const { kernel, stride, padding, free } of WINDOWS) {
    // Over free extents, windows that leap are refused.
    if (free && padding === "SAME" && stride > kernel) continue;
    const attributes = attributesOf([kernel, 2, 3], [stride, 1, 2], padding);
    await assertOperator({ op: "AvgPool3D", inputs: [{ value: volume, fed: true, free }], attributes });
    await assertOperator({ op: "MaxPool3D", inputs: [{ value: volume, fed: true, free }], attributes });
  }
  const attributes = attributesOf([2, 2, 2], [2, 2, 2], "SAME");
  const single = noiseTensor([5, 6, 5, 2], 3);
  await assertOperator({ op: "AvgPool3D", inputs: [{ value: single, fed: true }], attributes });
  const integers = noiseTensor([1, 5, 6, 5, 2], 4, { dtype: "int32", below: 1000 });
  await assertOperator({ op: "MaxPool3D", inputs: [{ value: integers, fed: true }], attributes });
});
