import { sizeOf, type WasmKernel } from "../heap.js";
import { Program } from "../session.js";

/** A function of each value alone. */
function unary(name: string, op: string, worthIt: number): WasmKernel {
  let program: Program | undefined;
  return {
    name,
    compute({ inputs: { x }, backend, original }) {
      const size = sizeOf(x.shape);
      if (size < worthIt || x.dtype !== "float32") return original();
      program ??= new Program([{ op, inputs: ["x"], outputs: ["y"] }], ["x"], ["y"]);
      const info = backend.makeOutput(x.shape, "float32");
      program.run(backend, { x: { info: x, shape: [size] } }, [{ info, shape: [size] }]);
      return info;
    },
  };
}

/** tfjs-backend-wasm computes it one value at a time: twenty times slower than MLAS's polynomial. */
export const tanh = unary("Tanh", "Tanh", 2048);
export const sigmoid = unary("Sigmoid", "Sigmoid", 1 << 15);
export const exp = unary("Exp", "Exp", 4096);
