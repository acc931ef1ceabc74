import * as tf from "@tensorflow/tfjs";
import { attentionLayers } from "../parts/additive-attention.js";
import { denseLayer } from "../parts/dense.js";
import { lstmLayer } from "../parts/lstm.js";
import { stepInputs } from "../parts/step-inputs.js";
import { wordLayer } from "../parts/words.js";
import type { CaptionerConfig } from "../types.js";

type Symbolic = tf.SymbolicTensor;

/** One word: the same formulas as `teacherForced`, equation by equation, as ordinary layers. */
export function step(config: CaptionerConfig): tf.LayersModel {
  const { featureSize: F, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  const inputs = stepInputs(config, H);
  const { token, hidden, cell, features, projected } = inputs;
  const word = wordLayer(config, token); //                                                                [N, 1, E]
  const attention = attentionLayers(config, hidden, projected); //                                         [N, L] eq. 4, 5
  const glimpse = tf.layers.dot({ name: "glimpse", axes: [1, 1] }).apply([attention, features]) as Symbolic; // [N, F] eq. 8
  const gate = denseLayer({ name: "context_gate", units: F, activation: "sigmoid" }, hidden); //           [N, F]
  const context = tf.layers.multiply({ name: "context" }).apply([gate, glimpse]) as Symbolic; //           [N, F] 4.2.1
  const contextStep = tf.layers.reshape({ name: "context_step", targetShape: [1, F] }).apply(context) as Symbolic;
  const read = tf.layers.concatenate({ name: "lstm_input" }).apply([word, contextStep]) as Symbolic; //    [N, 1, E+F]
  const [nextHidden, nextCell] = lstmLayer("lstm", H, read, hidden, cell); // eq. 1 to 3
  const state = tf.layers.concatenate({ name: "output_input" }).apply([nextHidden, context]); //           [N, H+F]
  const mapped = denseLayer({ name: "deep_output", units: E }, state); //                                  [N, E]
  const flatWord = tf.layers.flatten({ name: "word" }).apply(word) as Symbolic; //                         [N, E]
  const deep = tf.layers.add({ name: "deep_sum" }).apply([mapped, flatWord]); //                           [N, E]
  const squashed = tf.layers.activation({ name: "deep_tanh", activation: "tanh" }).apply(deep); //         [N, E]
  const logits = denseLayer({ name: "logits", units: V }, squashed); //                                    [N, V] eq. 7
  return tf.model({
    name: "decoder",
    inputs: Object.values(inputs),
    outputs: [logits, nextHidden, nextCell, attention],
  });
}
