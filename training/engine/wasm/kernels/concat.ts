import * as tf from "@tensorflow/tfjs";
import { copyRuns } from "../copy.js";
import { sizeOf, type WasmKernel } from "../heap.js";

/** Lays tensors side by side along an axis; the back end's own reads each off the heap first. */
export const concat: WasmKernel = {
  name: "Concat",
  compute({ inputs, attrs, backend, original }) {
    const all = Object.values(inputs);
    if (all[0].dtype === "string") return original();
    const axis = tf.util.parseAxisParam(attrs.axis, all[0].shape)[0];
    const shapes = all.map(({ shape }) => shape);
    tf.backend_util.assertParamsConsistent(shapes, axis);
    const output = backend.makeOutput(tf.backend_util.computeOutShape(shapes, axis), all[0].dtype);
    const to = backend.typedArrayFromHeap(output);
    const inner = sizeOf(output.shape.slice(axis + 1));
    const outer = sizeOf(output.shape.slice(0, axis));
    let at = 0;
    for (const part of all) {
      const run = part.shape[axis] * inner;
      copyRuns(backend.typedArrayFromHeap(part), 0, run, to, at, output.shape[axis] * inner, run, outer);
      at += run;
    }
    return output;
  },
};
