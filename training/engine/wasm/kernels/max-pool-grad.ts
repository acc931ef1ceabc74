import * as tf from "@tensorflow/tfjs";
import { floats, type WasmKernel } from "../heap.js";

/**
 * Gradient of max pooling, NHWC: each output's gradient goes to the first largest input of its window.
 * tfjs-backend-wasm's own finds none in a window of negative values.
 */
export const maxPoolGrad: WasmKernel = {
  name: "MaxPoolGrad",
  compute({ inputs: { dy, input: x }, attrs: { filterSize, strides, pad, dimRoundingMode }, backend }) {
    const info = tf.backend_util.computePool2DInfo(
      x.shape as [number, number, number, number],
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const output = backend.makeOutput(x.shape, "float32");
    const [values, gradients, to] = [floats(backend, x), floats(backend, dy), floats(backend, output)];
    const { inHeight, inWidth, inChannels: C, outHeight, outWidth, padInfo } = info;
    to.fill(0);
    for (let n = 0; n < info.batchSize; n++) {
      for (let oy = 0; oy < outHeight; oy++) {
        for (let ox = 0; ox < outWidth; ox++) {
          const top = oy * info.strideHeight - padInfo.top;
          const left = ox * info.strideWidth - padInfo.left;
          for (let c = 0; c < C; c++) {
            let best = -1;
            for (let y = Math.max(top, 0); y < Math.min(top + info.filterHeight, inHeight); y++) {
              for (let x = Math.max(left, 0); x < Math.min(left + info.filterWidth, inWidth); x++) {
                const at = ((n * inHeight + y) * inWidth + x) * C + c;
                if (best < 0 || values[at] > values[best]) best = at;
              }
            }
            if (best >= 0) to[best] += gradients[((n * outHeight + oy) * outWidth + ox) * C + c];
          }
        }
      }
    }
    return output;
  },
};
