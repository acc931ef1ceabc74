import * as tf from "@tensorflow/tfjs";
import type { EngineEntry } from "../engine.js";
import { quietCpu } from "../quiet.js";

/** tfjs's plain JavaScript back end: always there, slow. */
export const cpu: EngineEntry = {
  name: "cpu",
  title: "plain JavaScript",
  missing: async () => undefined,
  async start() {
    quietCpu();
    await tf.setBackend("cpu");
    return { name: "cpu", description: "plain JavaScript (slow: for tests)", threads: 1, tf };
  },
};
