import * as tf from "@tensorflow/tfjs";
import { sizeOf, type WasmKernel } from "../heap.js";
import { Program } from "../session.js";

const WORTH_IT = 1 << 13;

let program: Program | undefined;

/** Sum over any axes; the back end's own transposes first when they are not the last ones, and adds value by value. */
export const sum: WasmKernel = {
  name: "Sum",
  compute({ inputs: { x }, attrs: { axis, keepDims }, backend, original }) {
    const size = sizeOf(x.shape);
    if (size < WORTH_IT || x.dtype !== "float32") return original();
    const axes = tf.util.parseAxisParam(axis, x.shape);
    const reduced = x.shape.filter((_, at) => !axes.includes(at));
    const kept = x.shape.map((length, at) => (axes.includes(at) ? 1 : length));
    program ??= new Program(
      [{ op: "ReduceSum", inputs: ["x", "axes"], outputs: ["y"], attributes: { keepdims: 1 } }],
      ["x", "axes"],
      ["y"],
      { int64: ["axes"] },
    );
    const info = backend.makeOutput(keepDims ? kept : reduced, "float32");
    const values = { axes: BigInt64Array.from(axes, BigInt) };
    program.run(backend, { x: { info: x } }, [{ info, shape: kept }], values);
    return info;
  },
};
