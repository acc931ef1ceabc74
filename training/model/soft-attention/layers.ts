import * as tf from "@tensorflow/tfjs";
import type { CaptionerConfig } from "../types.js";
import { NORM_EPSILON } from "./parameters.js";

// Weights are set after building: first values would only cost time (the orthogonal ones minutes).
type DenseArgs = { name: string; units: number; activation?: "relu" | "tanh" | "sigmoid"; useBias?: boolean };
const dense = (args: DenseArgs) => tf.layers.dense({ ...args, kernelInitializer: "zeros" });

/** What an image needs once: embedded and projected annotation vectors and the first state (Xu et al. 2015, 3.1.2). */
export function head(config: CaptionerConfig): tf.LayersModel {
  const { locations: L, channels: D, featureSize: F, attentionSize: A, hiddenSize: H } = config;
  const input = tf.input({ shape: [L, D], name: "backbone_features" }); //                          [N, L, D]
  const normed = tf.layers.layerNormalization({ name: "feature_norm", epsilon: NORM_EPSILON }).apply(input);
  const features = config.featureEmbedding
    ? dense({ name: "feature_embedding", units: F, activation: "relu" }).apply(normed) //           [N, L, F]
    : normed; //                                                                                    [N, L, F = D]
  const projected = dense({ name: "attention_features", units: A }).apply(features); //   [N, L, A]
  const mean = tf.layers.globalAveragePooling1d({ name: "mean_feature" }).apply(features); //       [N, F]
  const hidden = dense({ name: "initial_hidden", units: H, activation: "tanh" }).apply(mean); // [N, H]
  const cell = dense({ name: "initial_cell", units: H, activation: "tanh" }).apply(mean); //     [N, H]
  return tf.model({
    name: "captioner_head",
    inputs: input,
    outputs: [features, projected, hidden, cell] as tf.SymbolicTensor[],
  });
}

/** One word: the same formulas as `teacherForced`, equation by equation, as ordinary layers. */
export function step(config: CaptionerConfig): tf.LayersModel {
  const { locations: L, featureSize: F, attentionSize: A, embeddingSize: E, hiddenSize: H } = config;
  const V = config.vocabularySize;
  type Symbolic = tf.SymbolicTensor;
  const token = tf.input({ shape: [1], name: "token", dtype: "int32" }); //                         [N, 1]
  const hidden = tf.input({ shape: [H], name: "hidden" }); //                                       [N, H]
  const cell = tf.input({ shape: [H], name: "cell" }); //                                           [N, H]
  const features = tf.input({ shape: [L, F], name: "features" }); //                                [N, L, F]
  const projected = tf.input({ shape: [L, A], name: "projected" }); //                              [N, L, A]

  const word = tf.layers
    .embedding({ name: "word_embedding", inputDim: V, outputDim: E, embeddingsInitializer: "zeros" })
    .apply(token); // [N, 1, E]
  const query = dense({ name: "attention_hidden", units: A, useBias: false }).apply(hidden); //  [N, A]
  const spread = tf.layers.reshape({ name: "query", targetShape: [1, A] }).apply(query) as Symbolic; //    [N, 1, A]
  const mixed = tf.layers.add({ name: "attention_sum" }).apply([projected, spread]); //                    [N, L, A]
  const activated = tf.layers.activation({ name: "attention_tanh", activation: "tanh" }).apply(mixed); //  [N, L, A]
  const energies = dense({ name: "attention_score", units: 1, useBias: false }).apply(activated); // [N, L, 1]
  const flat = tf.layers.flatten({ name: "energies" }).apply(energies); //                                 [N, L]
  const attention = tf.layers.softmax({ name: "attention" }).apply(flat) as Symbolic; //                   [N, L] eq. 5
  const glimpse = tf.layers.dot({ name: "glimpse", axes: [1, 1] }).apply([attention, features]) as Symbolic; // [N, F] eq. 8
  const gate = dense({ name: "context_gate", units: F, activation: "sigmoid" }).apply(hidden) as Symbolic;
  const context = tf.layers.multiply({ name: "context" }).apply([gate, glimpse]) as Symbolic; //           [N, F] 4.2.1
  const contextStep = tf.layers.reshape({ name: "context_step", targetShape: [1, F] }).apply(context) as Symbolic;
  const read = tf.layers.concatenate({ name: "lstm_input" }).apply([word as Symbolic, contextStep]) as Symbolic; // [N, 1, E+F]
  const lstm = tf.layers.lstm({
    name: "lstm",
    units: H,
    kernelInitializer: "zeros",
    recurrentInitializer: "zeros",
    recurrentActivation: "sigmoid",
    returnState: true,
  });
  const [output, nextHidden, nextCell] = lstm.apply([read, hidden, cell]) as Symbolic[]; // eq. 1 to 3
  const state = tf.layers.concatenate({ name: "output_input" }).apply([output, context]); //               [N, H+F]
  const mapped = dense({ name: "deep_output", units: E }).apply(state) as Symbolic; //           [N, E]
  const flatWord = tf.layers.flatten({ name: "word" }).apply(word) as Symbolic; //                         [N, E]
  const deep = tf.layers.add({ name: "deep_sum" }).apply([mapped, flatWord]); //                           [N, E]
  const squashed = tf.layers.activation({ name: "deep_tanh", activation: "tanh" }).apply(deep); //         [N, E]
  const logits = dense({ name: "logits", units: V }).apply(squashed) as Symbolic; //             [N, V] eq. 7
  return tf.model({
    name: "decoder",
    inputs: [token, hidden, cell, features, projected],
    outputs: [logits, nextHidden, nextCell, attention],
  });
}
