import * as tf from "@tensorflow/tfjs";
import { attentionLayers } from "../parts/additive-attention.js";
import { denseLayer } from "../parts/dense.js";
import { lstmLayer } from "../parts/lstm.js";
import { stepInputs } from "../parts/step-inputs.js";
import { wordLayer } from "../parts/words.js";
import type { CaptionerConfig } from "../types.js";

type Symbolic = tf.SymbolicTensor;

/**
 * One word: the same formulas as `teacherForced` as ordinary layers. The sentinel stands as one more place beside the L
 * of the image: attention over L + 1 places is eq. 12, and what it sums up is eq. 11.
 */
export function step(config: CaptionerConfig): tf.LayersModel {
  const { locations: L, featureSize: F, attentionSize: A, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  const inputs = stepInputs(config, H);
  const { token, hidden, cell, features, projected } = inputs;
  const reshape = (name: string, x: Symbolic, ...targetShape: number[]) =>
    tf.layers.reshape({ name, targetShape }).apply(x) as Symbolic;
  const word = wordLayer(config, token); //                                                                [N, 1, E]
  const mean = tf.layers.globalAveragePooling1d({ name: "mean_feature" }).apply(features) as Symbolic; //  [N, F]
  const read = tf.layers
    .concatenate({ name: "lstm_input" })
    .apply([word, reshape("mean_step", mean, 1, F)]) as Symbolic; // [N, 1, E+F]
  const [nextHidden, nextCell] = lstmLayer("lstm", H, read, hidden, cell); //                              [N, H] each

  const flatRead = reshape("read", read, E + F); //                                                        [N, E+F]
  const ofInput = denseLayer({ name: "sentinel_input", units: H, useBias: false }, flatRead); //           [N, H]
  const ofState = denseLayer({ name: "sentinel_hidden", units: H, useBias: false }, hidden); //            [N, H]
  const gateLogits = tf.layers.add({ name: "sentinel_sum" }).apply([ofInput, ofState]);
  const gate = tf.layers.activation({ name: "sentinel_gate", activation: "sigmoid" }).apply(gateLogits) as Symbolic; // eq. 9
  const memory = tf.layers.activation({ name: "sentinel_memory", activation: "tanh" }).apply(nextCell) as Symbolic;
  const sentinel = tf.layers.multiply({ name: "sentinel" }).apply([gate, memory]) as Symbolic; //          [N, H] eq. 10
  const compared = denseLayer({ name: "attention_sentinel", units: A, useBias: false }, sentinel); //      [N, A]

  const extend = (name: string, places: Symbolic, one: Symbolic) =>
    tf.layers.concatenate({ name, axis: 1 }).apply([places, one]) as Symbolic; //                          [N, L+1, X]
  const extendedProjected = extend("extended_projected", projected, reshape("sentinel_compared", compared, 1, A));
  const extendedFeatures = extend("extended_features", features, reshape("sentinel_place", sentinel, 1, F));
  const extended = attentionLayers(config, nextHidden, extendedProjected); //                              [N, L+1] eq. 6, 12
  const context = tf.layers.dot({ name: "context", axes: [1, 1] }).apply([extended, extendedFeatures]) as Symbolic; // [N, H] eq. 11
  const sum = tf.layers.add({ name: "output_sum" }).apply([context, nextHidden]);
  const logits = denseLayer({ name: "logits", units: V }, sum); //                                         [N, V] eq. 13
  return tf.model({
    name: "decoder",
    inputs: Object.values(inputs),
    outputs: [logits, nextHidden, nextCell, withoutLast(extended, L)],
  });
}

/** [N, L+1] -> [N, L]; a cropped picture of one column, since no layer of Keras cuts a vector. */
function withoutLast(x: Symbolic, L: number): Symbolic {
  const column = tf.layers.reshape({ name: "attention_column", targetShape: [L + 1, 1, 1] }).apply(x) as Symbolic;
  const places = tf.layers
    .cropping2D({
      name: "attention_crop",
      cropping: [
        [0, 1],
        [0, 0],
      ],
    })
    .apply(column) as Symbolic; // [N, L, 1, 1]
  return tf.layers.reshape({ name: "attention_places", targetShape: [L] }).apply(places) as Symbolic; // [N, L]
}
