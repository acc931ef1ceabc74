import * as tf from "@tensorflow/tfjs";
import { sizeOf, type WasmKernel } from "../heap.js";
import { Program } from "../session.js";

/** Below this many multiplications the back end's own kernel is done before onnxruntime's session has started. */
const WORTH_IT = { plain: 1 << 18, transposed: 1 << 14 };

/** From this many multiplications on, sharing the work gains more than waiting for other threads costs. */
const WORTH_SHARING = 1 << 27;

const programs = new Map<string, Program>();

/** One program a combination: MLAS reads transposed operands in place, so nothing is ever transposed for a product. */
function programFor(transposeA: boolean, transposeB: boolean, parallel: boolean): Program {
  const key = `${transposeA}/${transposeB}/${parallel}`;
  let program = programs.get(key);
  if (!program) {
    const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
    const node = { op: "FusedMatMul", domain: "com.microsoft", inputs: ["a", "b"], outputs: ["y"], attributes };
    program = new Program([node], ["a", "b"], ["y"], { parallel });
    programs.set(key, program);
  }
  return program;
}

/** A product of matrices or of batches of them, at the speed of onnxruntime's kernels (MLAS). */
export const batchMatMul: WasmKernel = {
  name: "BatchMatMul",
  compute({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend, original }) {
    const [rows, inner] = transposeA ? a.shape.slice(-2).reverse() : a.shape.slice(-2);
    const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
    const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
    const shape = [...batch, rows, columns];
    const work = sizeOf(shape) * inner;
    if (work < (transposeA || transposeB ? WORTH_IT.transposed : WORTH_IT.plain)) return original();
    const info = backend.makeOutput(shape, "float32");
    const program = programFor(transposeA, transposeB, work >= WORTH_SHARING);
    program.run(backend, { a: { info: a }, b: { info: b } }, [{ info, shape }]);
    return info;
  },
};
