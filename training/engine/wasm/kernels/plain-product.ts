import * as tf from "@tensorflow/tfjs";
import { type KernelCall, sizeOf, type WasmKernel } from "../heap.js";

/** Below this many multiplications transposing costs more than it gains. */
const WORTH_IT = 1 << 14;

function swapLast({ backend }: KernelCall, x: tf.TensorInfo): tf.TensorInfo {
  const axes = x.shape.map((_, axis) => axis);
  const perm = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  return tf.getKernel("Transpose", "wasm").kernelFunc({ inputs: { x }, attrs: { perm }, backend }) as tf.TensorInfo;
}

/**
 * A product of matrices where there is no onnxruntime: transposed operands are laid out anew first, because the back end
 * multiplies them as they lie at a twentieth of the speed.
 */
export const plainProduct: WasmKernel = {
  name: "BatchMatMul",
  compute(call) {
    const { a, b } = call.inputs;
    const { transposeA, transposeB } = call.attrs;
    const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
    if ((!transposeA && !transposeB) || sizeOf(a.shape) * columns < WORTH_IT) return call.original();
    const left = transposeA ? swapLast(call, a) : a;
    const right = transposeB ? swapLast(call, b) : b;
    const product = call.original({ a: left, b: right }, { transposeA: false, transposeB: false });
    if (transposeA) call.backend.disposeData(left.dataId);
    if (transposeB) call.backend.disposeData(right.dataId);
    return product;
  },
};
