import * as tf from "@tensorflow/tfjs";
import type { CaptionerConfig, ParameterSpec } from "../types.js";
import { denseLayer, denseSpecs } from "./dense.js";

/** Parameters of additive attention (Bahdanau et al. 2015) whose query comes from a state; the features' are the head's. */
export function attentionSpecs({ hiddenSize: H, attentionSize: A }: CaptionerConfig): ParameterSpec[] {
  return [
    ...denseSpecs("attention_hidden", H, A, { bias: false }),
    ...denseSpecs("attention_score", A, 1, { bias: false }),
  ];
}

/** Attention over M places as layers: state [N, H], projected [N, M, A] -> [N, M], each row sums to 1. */
export function attentionLayers(
  { attentionSize: A }: CaptionerConfig,
  state: tf.SymbolicTensor,
  projected: tf.SymbolicTensor,
): tf.SymbolicTensor {
  const query = denseLayer({ name: "attention_hidden", units: A, useBias: false }, state); //             [N, A]
  const spread = tf.layers.reshape({ name: "query", targetShape: [1, A] }).apply(query) as tf.SymbolicTensor; // [N, 1, A]
  const mixed = tf.layers.add({ name: "attention_sum" }).apply([projected, spread]); //                    [N, M, A]
  const activated = tf.layers
    .activation({ name: "attention_tanh", activation: "tanh" })
    .apply(mixed) as tf.SymbolicTensor; // [N, M, A]
  const energies = denseLayer({ name: "attention_score", units: 1, useBias: false }, activated); //        [N, M, 1]
  const flat = tf.layers.flatten({ name: "energies" }).apply(energies); //                                 [N, M]
  return tf.layers.softmax({ name: "attention" }).apply(flat) as tf.SymbolicTensor; //                     [N, M]
}
