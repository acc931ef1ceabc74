import { floats, ints, sizeOf, type WasmKernel } from "../heap.js";

/**
 * Adds up the rows of x [I..., rest] that share a segment, giving [numSegments, rest]; ids out of range are dropped.
 * The gradient of `tf.gather`; tfjs-backend-wasm has none.
 */
export const unsortedSegmentSum: WasmKernel = {
  name: "UnsortedSegmentSum",
  compute({ inputs: { x, segmentIds }, attrs: { numSegments }, backend }) {
    const rows = sizeOf(segmentIds.shape);
    const width = sizeOf(x.shape.slice(segmentIds.shape.length));
    const output = backend.makeOutput([numSegments, ...x.shape.slice(segmentIds.shape.length)], x.dtype);
    const from = x.dtype === "float32" ? floats(backend, x) : ints(backend, x);
    const to = x.dtype === "float32" ? floats(backend, output) : ints(backend, output);
    const ids = ints(backend, segmentIds);
    to.fill(0);
    for (let row = 0; row < rows; row++) {
      const segment = ids[row];
      if (segment < 0 || segment >= numSegments) continue;
      const source = row * width;
      const target = segment * width;
      for (let i = 0; i < width; i++) to[target + i] += from[source + i];
    }
    return output;
  },
};
