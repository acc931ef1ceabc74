import * as tf from "@tensorflow/tfjs";
import { floats, type WasmKernel } from "../heap.js";

/**
 * Gradient of a convolution's filter, NHWC: for each tap (ky, kx) the inputs under it, as a matrix [N*OH*OW, C], are
 * transposed and multiplied by the outputs' gradient [N*OH*OW, K]. tfjs-backend-wasm has none.
 */
export const conv2DBackpropFilter: WasmKernel = {
  name: "Conv2DBackpropFilter",
  compute({ inputs: { x, dy }, attrs: { strides, pad, dataFormat, dimRoundingMode, filterShape }, backend }) {
    if (dataFormat !== "NHWC") throw new Error(`Conv2DBackpropFilter: the data format ${dataFormat} is not supported.`);
    const info = tf.backend_util.computeConv2DInfo(
      x.shape as [number, number, number, number],
      filterShape,
      strides,
      1, // dilations: tfjs gives no gradient for others
      pad,
      dimRoundingMode,
    );
    const { inHeight, inWidth, inChannels: C, outHeight, outWidth, outChannels: K, padInfo } = info;
    const rows = info.batchSize * outHeight * outWidth;
    const output = backend.makeOutput(filterShape, "float32");
    const product = tf.getKernel("BatchMatMul", "wasm").kernelFunc;
    const flat = { ...dy, shape: [rows, K] };
    for (let ky = 0; ky < info.filterHeight; ky++) {
      for (let kx = 0; kx < info.filterWidth; kx++) {
        const patch = backend.makeOutput([rows, C], "float32");
        const [from, to] = [floats(backend, x), floats(backend, patch)];
        let row = 0;
        for (let n = 0; n < info.batchSize; n++) {
          for (let oy = 0; oy < outHeight; oy++) {
            const y = oy * info.strideHeight - padInfo.top + ky;
            for (let ox = 0; ox < outWidth; ox++, row++) {
              const left = ox * info.strideWidth - padInfo.left + kx;
              const at = ((n * inHeight + y) * inWidth + left) * C;
              if (y < 0 || y >= inHeight || left < 0 || left >= inWidth) to.fill(0, row * C, (row + 1) * C);
              else to.set(from.subarray(at, at + C), row * C);
            }
          }
        }
        const attrs = { transposeA: true, transposeB: false };
        const tap = product({ inputs: { a: patch, b: flat }, attrs, backend }) as tf.TensorInfo; // [C, K]
        floats(backend, output).set(floats(backend, tap), (ky * info.filterWidth + kx) * C * K);
        backend.disposeData(patch.dataId);
        backend.disposeData(tap.dataId);
      }
    }
    return output;
  },
};
