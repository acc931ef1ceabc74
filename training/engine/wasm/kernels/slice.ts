import * as tf from "@tensorflow/tfjs";
import { copyRuns } from "../copy.js";
import { sizeOf, type WasmKernel } from "../heap.js";

/** A block of a tensor; the back end's own reads the whole tensor off the heap first, however small the block. */
export const slice: WasmKernel = {
  name: "Slice",
  compute({ inputs: { x }, attrs, backend, original }) {
    if (x.dtype === "string") return original();
    const [begin, size] = tf.slice_util.parseSliceParams(x as tf.Tensor, attrs.begin, attrs.size);
    const output = backend.makeOutput(size, x.dtype);
    if (sizeOf(size) === 0) return output;
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(output);
    const strides = tf.util.computeStrides(x.shape).concat(1);
    // From the last axis that is cut on, values lie together; the axis before it is stepped through by copyRuns.
    let cut = x.shape.length - 1;
    while (cut > 0 && size[cut] === x.shape[cut]) cut--;
    const run = sizeOf(size.slice(Math.max(cut, 0)));
    const start = begin.reduce((sum, at, axis) => sum + at * strides[axis], 0);
    if (cut < 1) {
      copyRuns(from, start, run, to, 0, run, run, 1);
      return output;
    }
    const count = size[cut - 1];
    const outer = size.slice(0, cut - 1);
    const index = outer.map(() => 0);
    for (let block = 0; block < sizeOf(outer); block++) {
      const at = index.reduce((sum, i, axis) => sum + i * strides[axis], start);
      copyRuns(from, at, strides[cut - 1], to, block * count * run, run, run, count);
      for (let axis = outer.length - 1; axis >= 0 && ++index[axis] === outer[axis]; axis--) index[axis] = 0;
    }
    return output;
  },
};
