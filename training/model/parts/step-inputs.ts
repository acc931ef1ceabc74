import * as tf from "@tensorflow/tfjs";
import type { CaptionerConfig } from "../types.js";

/** What one step of a decoder reads, in the order of the runtimes' contract; the state has stateSize columns. */
export function stepInputs(
  { locations: L, featureSize: F, attentionSize: A }: CaptionerConfig,
  stateSize: number,
): Record<"token" | "hidden" | "cell" | "features" | "projected", tf.SymbolicTensor> {
  return {
    token: tf.input({ shape: [1], name: "token", dtype: "int32" }), //    [N, 1]
    hidden: tf.input({ shape: [stateSize], name: "hidden" }), //          [N, stateSize]
    cell: tf.input({ shape: [stateSize], name: "cell" }), //              [N, stateSize]
    features: tf.input({ shape: [L, F], name: "features" }), //           [N, L, F]
    projected: tf.input({ shape: [L, A], name: "projected" }), //         [N, L, A]
  };
}
