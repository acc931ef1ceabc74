import * as tf from "@tensorflow/tfjs";
import { attentionLayers } from "../parts/additive-attention.js";
import { denseLayer } from "../parts/dense.js";
import { lstmLayer } from "../parts/lstm.js";
import { stepInputs } from "../parts/step-inputs.js";
import { wordLayer } from "../parts/words.js";
import type { CaptionerConfig } from "../types.js";
import { stateSize } from "./parameters.js";

type Symbolic = tf.SymbolicTensor;

/** One word: the same formulas as `teacherForced`, equation by equation, as ordinary layers. */
export function step(config: CaptionerConfig): tf.LayersModel {
  const { hiddenSize: H, vocabularySize: V } = config;
  const inputs = stepInputs(config, stateSize(config));
  const { token, hidden, cell, features, projected } = inputs;
  const [hidden1, hidden2] = halves("hidden", hidden, H); //                                               [N, H] each
  const [cell1, cell2] = halves("cell", cell, H); //                                                       [N, H] each
  const word = wordLayer(config, token); //                                                                [N, 1, E]
  const mean = tf.layers.globalAveragePooling1d({ name: "mean_feature" }).apply(features) as Symbolic; //  [N, F]
  const read1 = tf.layers
    .concatenate({ name: "attention_lstm_input" })
    .apply([asStep("language_state", hidden2), asStep("mean_step", mean), word]) as Symbolic; // [N, 1, H+F+E] eq. 2
  const [next1, nextCell1] = lstmLayer("attention_lstm", H, read1, hidden1, cell1); // eq. 1
  const attention = attentionLayers(config, next1, projected); //                                          [N, L] eq. 3, 4
  const glimpse = tf.layers.dot({ name: "glimpse", axes: [1, 1] }).apply([attention, features]) as Symbolic; // [N, F] eq. 5
  const read2 = tf.layers
    .concatenate({ name: "language_lstm_input" })
    .apply([asStep("glimpse_step", glimpse), asStep("attention_state", next1)]) as Symbolic; // [N, 1, F+H] eq. 6
  const [next2, nextCell2] = lstmLayer("language_lstm", H, read2, hidden2, cell2);
  const logits = denseLayer({ name: "logits", units: V }, next2); //                                       [N, V] eq. 7
  const join = (name: string, parts: Symbolic[]) => tf.layers.concatenate({ name }).apply(parts) as Symbolic;
  return tf.model({
    name: "decoder",
    inputs: Object.values(inputs),
    outputs: [logits, join("next_hidden", [next1, next2]), join("next_cell", [nextCell1, nextCell2]), attention],
  });

  function asStep(name: string, x: Symbolic): Symbolic {
    return tf.layers.reshape({ name, targetShape: [1, x.shape[1]] }).apply(x) as Symbolic; // [N, X] -> [N, 1, X]
  }
}

/** [N, 2H] -> 2 x [N, H]; a cropped picture of two rows, since no layer of Keras cuts a vector. */
function halves(name: string, state: Symbolic, H: number): Symbolic[] {
  const rows = tf.layers.reshape({ name: `${name}_rows`, targetShape: [2, H, 1] }).apply(state) as Symbolic;
  return [1, 2].map((number) => {
    const [above, below] = number === 1 ? [0, 1] : [1, 0];
    const row = tf.layers
      .cropping2D({
        name: `${name}_row_${number}`,
        cropping: [
          [above, below],
          [0, 0],
        ],
      })
      .apply(rows) as Symbolic; // [N, 1, H, 1]
    return tf.layers.reshape({ name: `${name}_${number}`, targetShape: [H] }).apply(row) as Symbolic; // [N, H]
  });
}
