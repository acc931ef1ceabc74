import * as tf from "@tensorflow/tfjs";

/** The cpu back end advertises tfjs-node on its first use; a library must not print. */
export function quietCpu(): void {
  const backend = tf.findBackend("cpu") as unknown as { firstUse: boolean } | null;
  if (backend) backend.firstUse = false;
}
