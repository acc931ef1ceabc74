import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs";
import type { EngineEntry } from "../engine.js";
import { findNative } from "../native/find.js";
import { loadFirst } from "../native/load.js";
import { quietCpu } from "../quiet.js";

const candidates = () => [...findNative("cpu"), ...findNative("cuda")];

/** TensorFlow's C library through tfjs-node, on the CPU. */
export const node: EngineEntry = {
  name: "node",
  title: "TensorFlow on the CPU (tfjs-node)",
  async missing() {
    return candidates().length > 0 ? undefined : "not installed (`showtell engine install` sets it up)";
  },
  async start() {
    quietCpu();
    const title = loadFirst(candidates(), { gpu: false });
    if (!(await tf.setBackend("tensorflow"))) throw new Error("the tensorflow back end did not start");
    return { name: "node", description: `${title}, on the CPU`, threads: availableParallelism(), tf };
  },
};
