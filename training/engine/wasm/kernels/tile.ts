import { sizeOf, type WasmKernel } from "../heap.js";

/** Repeats a tensor along its axes by copying ever larger blocks; the back end's own works out every value's place. */
export const tile: WasmKernel = {
  name: "Tile",
  compute({ inputs: { x }, attrs, backend, original }) {
    if (x.dtype === "string") return original();
    const reps = attrs.reps as number[];
    const output = backend.makeOutput(
      x.shape.map((length, axis) => length * reps[axis]),
      x.dtype,
    );
    if (sizeOf(output.shape) === 0) return output;
    const from = backend.typedArrayFromHeap(x);
    const to = backend.typedArrayFromHeap(output);
    // From this axis on nothing is repeated: values lie together.
    let together = reps.length;
    while (together > 0 && reps[together - 1] === 1) together--;
    const run = sizeOf(x.shape.slice(together));
    let read = 0;
    /** Writes the block of the axes from `axis` on at `at`; returns where it ends. */
    const write = (axis: number, at: number): number => {
      if (axis === together) {
        to.set(from.subarray(read, read + run), at);
        read += run;
        return at + run;
      }
      let end = at;
      for (let i = 0; i < x.shape[axis]; i++) end = write(axis + 1, end);
      const last = at + (end - at) * reps[axis];
      while (end < last) {
        const length = Math.min(end - at, last - end);
        to.copyWithin(end, at, at + length);
        end += length;
      }
      return last;
    };
    write(0, 0);
    return output;
  },
};
