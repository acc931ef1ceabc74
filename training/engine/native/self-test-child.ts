import * as tf from "@tensorflow/tfjs";
import { selfTest } from "../self-test.js";
import { loadNative, usesGpu } from "./load.js";

// Run as a process of its own: a library that cannot be loaded may end the process, and then only this one.
const [folder, gpu] = process.argv.slice(2);
try {
  if (!folder) throw new Error("The installation's folder is expected.");
  loadNative({ folder }, { gpu: gpu === "gpu" });
  await tf.setBackend("tensorflow");
  await selfTest(tf);
  process.stdout.write(JSON.stringify({ backend: tf.getBackend(), gpu: usesGpu(tf) }));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
