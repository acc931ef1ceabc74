import { sizeOf, type WasmKernel } from "../heap.js";
import { Program } from "../session.js";

const WORTH_IT = 1 << 13;

const programs = new Map<string, Program>();

/** Reorders axes; the back end's own does it value by value. */
export const transpose: WasmKernel = {
  name: "Transpose",
  compute({ inputs: { x }, attrs: { perm }, backend, original }) {
    if (sizeOf(x.shape) < WORTH_IT || x.dtype !== "float32") return original();
    const key = perm.join();
    let program = programs.get(key);
    if (!program) {
      const attributes = { perm: Array.from(perm as number[]) };
      program = new Program([{ op: "Transpose", inputs: ["x"], outputs: ["y"], attributes }], ["x"], ["y"]);
      programs.set(key, program);
    }
    const shape = (perm as number[]).map((axis) => x.shape[axis]);
    const info = backend.makeOutput(shape, "float32");
    program.run(backend, { x: { info: x } }, [{ info, shape }]);
    return info;
  },
};
