import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { EngineEntry } from "../engine.js";
import { quietCpu } from "../quiet.js";
import { registerWasmKernels } from "../wasm/register.js";

const require = createRequire(import.meta.url);

let fast: boolean | undefined;

/** WebAssembly with SIMD: works wherever Node does, after a plain `npm ci`. */
export const wasm: EngineEntry = {
  name: "wasm",
  title: "WebAssembly SIMD",
  missing: async () => undefined,
  async start() {
    quietCpu();
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    if (tf.findBackend("wasm") === null) setWasmPaths(`${wasmFolder()}/`);
    if (!(await tf.setBackend("wasm"))) throw new Error("the WebAssembly back end did not start");
    fast ??= registerWasmKernels();
    return {
      name: "wasm",
      description: fast ? "WebAssembly SIMD with matrix products by onnxruntime" : "WebAssembly SIMD",
      threads: fast ? availableParallelism() : 1,
      tf,
    };
  },
};

function wasmFolder(): string {
  return dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"));
}
