import * as tf from "@tensorflow/tfjs";
import type { KernelCall, WasmBackend, WasmKernel } from "./heap.js";
import { batchMatMul } from "./kernels/batch-mat-mul.js";
import { concat } from "./kernels/concat.js";
import { conv2DBackpropFilter } from "./kernels/conv2d-backprop-filter.js";
import { gatherV2 } from "./kernels/gather-v2.js";
import { identity } from "./kernels/identity.js";
import { maxPoolGrad } from "./kernels/max-pool-grad.js";
import { plainProduct } from "./kernels/plain-product.js";
import { slice } from "./kernels/slice.js";
import { splitV } from "./kernels/split-v.js";
import { sum } from "./kernels/sum.js";
import { tile } from "./kernels/tile.js";
import { transpose } from "./kernels/transpose.js";
import { exp, sigmoid, tanh } from "./kernels/unary.js";
import { unsortedSegmentSum } from "./kernels/unsorted-segment-sum.js";
import { loadOnnxruntime } from "./session.js";

/** What tfjs-backend-wasm lacks or computes wrongly. */
const SUPPLIED: readonly WasmKernel[] = [conv2DBackpropFilter, maxPoolGrad, unsortedSegmentSum];

/** What it copies more than needed. */
const COPYING: readonly WasmKernel[] = [concat, gatherV2, identity, slice, splitV, tile];

/** What onnxruntime computes faster, on the same memory. */
const COMPUTING: readonly WasmKernel[] = [batchMatMul, exp, sigmoid, sum, tanh, transpose];

/**
 * Adds and replaces kernels of the wasm back end.
 * @returns whether onnxruntime computes the heavy ones
 */
export function registerWasmKernels(): boolean {
  const fast = loadOnnxruntime();
  for (const kernel of [...SUPPLIED, ...COPYING, ...(fast ? COMPUTING : [plainProduct])]) register(kernel);
  return fast;
}

/** Puts a kernel in the place of the back end's own. */
export function register({ name, compute }: WasmKernel): void {
  const replaced = tf.getKernel(name, "wasm");
  if (replaced) tf.unregisterKernel(name, "wasm");
  tf.registerKernel({
    ...replaced,
    kernelName: name,
    backendName: "wasm",
    kernelFunc({ inputs, attrs, backend }) {
      const original: KernelCall["original"] = (otherInputs = inputs as never, otherAttrs = attrs ?? {}) =>
        replaced.kernelFunc({ inputs: otherInputs, attrs: otherAttrs as tf.NamedAttrMap, backend });
      return compute({ inputs, attrs, backend: backend as WasmBackend, original } as KernelCall);
    },
  });
}
