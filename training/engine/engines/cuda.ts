import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs";
import type { EngineEntry } from "../engine.js";
import { findNative } from "../native/find.js";
import { loadFirst, usesGpu } from "../native/load.js";
import { quietCpu } from "../quiet.js";

/** Where the NVIDIA driver shows itself: Linux, and Linux under Windows. */
const DRIVER = ["/dev/nvidiactl", "/dev/dxg"];

/** TensorFlow's C library through tfjs-node, on an NVIDIA GPU. */
export const cuda: EngineEntry = {
  name: "cuda",
  title: "TensorFlow on an NVIDIA GPU (tfjs-node with CUDA)",
  async missing() {
    if (!DRIVER.some((path) => existsSync(path))) return "this machine shows no NVIDIA driver";
    if (findNative("cuda").length === 0) return "not installed (`showtell engine install --cuda` sets it up)";
    return undefined;
  },
  async start() {
    quietCpu();
    const title = loadFirst(findNative("cuda"), { gpu: true });
    if (!usesGpu(tf)) throw new Error("TensorFlow was loaded but finds no GPU that it can use");
    if (!(await tf.setBackend("tensorflow"))) throw new Error("the tensorflow back end did not start");
    return { name: "cuda", description: `${title}, on the GPU`, threads: availableParallelism(), tf };
  },
};
