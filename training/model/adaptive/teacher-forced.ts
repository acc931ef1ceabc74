import * as tf from "@tensorflow/tfjs";
import { annotate } from "../parts/annotations.js";
import { attentionSum } from "../parts/attention-sum.js";
import { dense } from "../parts/dense.js";
import { readWords } from "../parts/words.js";
import { energiesOverSteps } from "../recurrence/additive-energies.js";
import { glimpse } from "../recurrence/attention.js";
import { lstmOverSteps } from "../recurrence/lstm.js";
import { addByImage } from "../recurrence/rows.js";
import type { CaptionBatch, CaptionerConfig, Dropout, Parameters, TeacherForced } from "../types.js";

/**
 * The whole decoder over a batch with the true words as input. Equation numbers are those of Lu et al. 2017.
 * The LSTM alone feeds back: attention and sentinel of all steps are computed together.
 */
export function teacherForced(
  p: Parameters,
  batch: CaptionBatch,
  input: tf.Tensor3D,
  config: CaptionerConfig,
  dropout: Dropout,
): TeacherForced {
  const { images: N, columns } = batch;
  const { locations: L, featureSize: F, embeddingSize: E } = config;
  const rows = columns.map((captions) => captions * N);
  const S = batch.inputs.length;
  const { features, projected, mean, hidden, cell } = annotate(p, input, config, dropout);
  const words = readWords(p, batch); //                                                                    [S, E]
  /** The product of x_t, word and mean feature, with a kernel. [E+F, X] -> [S, X] */
  const read = (kernel: tf.Tensor): tf.Tensor2D => {
    const [ofWord, ofImage] = tf.split(kernel, [E, F], 0) as tf.Tensor2D[];
    return addByImage(tf.matMul(words, ofWord), tf.matMul(mean, ofImage));
  };
  const firstHidden = tf.tile(hidden, [columns[0], 1]); //                                                 [R_0, H]
  const written = lstmOverSteps(
    {
      gates: read(p["lstm/kernel"]).add(p["lstm/bias"]),
      hidden: firstHidden,
      cell: tf.tile(cell, [columns[0], 1]),
      recurrentKernel: p["lstm/recurrent_kernel"] as tf.Tensor2D,
    },
    rows,
  ); //                                                                                                    [S, 2H]
  const [states, cells] = tf.split(written, 2, 1); //                                                      [S, H] each

  const previous = tf.gather(tf.concat([firstHidden, states], 0), previousRows(rows)) as tf.Tensor2D; //   [S, H]
  const gate = read(p["sentinel_input/kernel"])
    .add(dense(p, "sentinel_hidden", previous))
    .sigmoid(); //   [S, H] eq. 9
  const sentinel = gate.mul(cells.tanh()); //                                                              [S, H] eq. 10
  const query = dense(p, "attention_hidden", states); //                                                   [S, A]
  const score = p["attention_score/kernel"] as tf.Tensor2D;
  const energies = energiesOverSteps({ projected, query, score }, columns); //                             [S, L] eq. 6
  const sentinelEnergies = tf.matMul(dense(p, "attention_sentinel", sentinel).add<tf.Tensor2D>(query).tanh(), score); // [S, 1]
  const extended = tf.softmax(tf.concat([energies, sentinelEnergies], 1)); //                              [S, L+1] eq. 12
  const [attention, share] = tf.split(extended, [L, 1], 1); //                                             [S, L], [S, 1] beta
  // The places hold 1 - beta of the extended attention: their sum is (1 - beta) c already.
  const context = glimpse(attention.reshape([S / N, N, L]), features).add(sentinel.mul(share)); //         [S, H] eq. 11
  const output = tf.gather(states.add(context), tf.tensor1d(batch.positions, "int32")); //                 [P, H]
  const logits = dense(p, "logits", dropout("output", output)); //                                         [P, V] eq. 13
  // Whether to look is the sentinel's matter; the regulariser is about where: attention over the places alone, eq. 7.
  return { logits, attentionSum: attentionSum(tf.softmax(energies), batch) };
}

/** For each row, where its state of the step before stands among the R_0 first states and the S others. [S] */
function previousRows(rows: number[]): tf.Tensor1D {
  let before = 0;
  const indices = rows.flatMap((R, t) => {
    const start = before;
    before += t === 0 ? rows[0] : rows[t - 1];
    return Array.from({ length: R }, (_, row) => start + row);
  });
  return tf.tensor1d(indices, "int32");
}
