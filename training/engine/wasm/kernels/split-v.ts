import * as tf from "@tensorflow/tfjs";
import { copyRuns } from "../copy.js";
import { sizeOf, type WasmKernel } from "../heap.js";

/** Cuts a tensor along an axis; the back end's own reads the whole tensor off the heap once a part. */
export const splitV: WasmKernel = {
  name: "SplitV",
  compute({ inputs: { x }, attrs, backend, original }) {
    if (x.dtype === "string") return original();
    const axis = tf.util.parseAxisParam(attrs.axis, x.shape)[0];
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, attrs.numOrSizeSplits, axis);
    const parts = sizes.map((size) => backend.makeOutput(x.shape.with(axis, size), x.dtype));
    const from = backend.typedArrayFromHeap(x);
    const inner = sizeOf(x.shape.slice(axis + 1));
    const outer = sizeOf(x.shape.slice(0, axis));
    let at = 0;
    parts.forEach((part, i) => {
      const run = sizes[i] * inner;
      copyRuns(from, at, x.shape[axis] * inner, backend.typedArrayFromHeap(part), 0, run, run, outer);
      at += run;
    });
    return parts;
  },
};
