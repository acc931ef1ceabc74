import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertOperator, attr } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

test("Dilation2D, also where a window covers nothing", async () => {
  for (const { kernel, stride, rate, padding, free } of combinations({
    kernel: [1, 2, 3],
    stride: [1, 2],
    rate: [1, 3],
    padding: ["SAME", "VALID"],
    free: [false, true],
  })) {
    const attributes = {
      strides: attr.ints([1, stride, 1, 1]),
      rates: attr.ints([1, rate, 1, 1]),
      padding: attr.string(padding),
    };
    // Padding for strides over free extents is refused.
    if (free && padding === "SAME" && stride > 1 && kernel > 1) continue;
    for (const shape of [
      [2, 7, 6, 3],
      [7, 6, 3],
    ]) {
      const inputs = [{ value: noiseTensor(shape), fed: true, free }, { value: noiseTensor([kernel, 2, 3], 4) }];
      await assertOperator({ op: "Dilation2D", inputs, attributes });
      const fed = [{ ...inputs[0]! }, { ...inputs[1]!, fed: true }];
      await assertOperator({ op: "Dilation2D", inputs: fed, attributes });
    }
  }
  const attributes = { strides: attr.ints([1, 1, 1, 1]), rates: attr.ints([1, 3, 3, 1]), padding: attr.string("SAME") };
  const inputs = [{ value: noiseTensor([1, 2, 2, 1]), fed: true }, { value: noiseTensor([2, 2, 1], 4) }];
  await assertOperator({ op: "Dilation2D", inputs, attributes });
});
