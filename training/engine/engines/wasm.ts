import { createRequire } from "node:module";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs";
import type { EngineEntry } from "../engine.js";
import { quietCpu } from "../quiet.js";

const require = createRequire(import.meta.url);

/** WebAssembly with SIMD: works wherever Node does, after a plain `npm ci`. */
export const wasm: EngineEntry = {
  name: "wasm",
  title: "WebAssembly SIMD",
  missing: async () => undefined,
  async start() {
    quietCpu();
    const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    setWasmPaths(`${dirname(require.resolve("@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm"))}/`);
    if (!(await tf.setBackend("wasm"))) throw new Error("the WebAssembly back end did not start");
    return { name: "wasm", description: "WebAssembly SIMD", threads: 1, tf };
  },
};
