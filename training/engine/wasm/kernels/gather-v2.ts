import * as tf from "@tensorflow/tfjs";
import { ints, sizeOf, type WasmKernel } from "../heap.js";

/** Picks rows by index; the back end's own works out every value's place anew. */
export const gatherV2: WasmKernel = {
  name: "GatherV2",
  compute({ inputs: { x, indices }, attrs, backend, original }) {
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0];
    if (axis !== 0 || attrs.batchDims || x.dtype === "string" || sizeOf(x.shape) === 0) return original();
    const row = sizeOf(x.shape.slice(1));
    const output = backend.makeOutput([...indices.shape, ...x.shape.slice(1)], x.dtype);
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(output);
    ints(backend, indices).forEach((index, i) => {
      if (index < 0 || index >= x.shape[0]) {
        throw new RangeError(`GatherV2: the index ${index} is not in [0, ${x.shape[0] - 1}].`);
      }
      to.set(from.subarray(index * row, (index + 1) * row), i * row);
    });
    return output;
  },
};
