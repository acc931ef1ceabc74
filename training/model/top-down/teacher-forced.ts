import * as tf from "@tensorflow/tfjs";
import { annotate } from "../parts/annotations.js";
import { attentionSum } from "../parts/attention-sum.js";
import { dense } from "../parts/dense.js";
import { readWords } from "../parts/words.js";
import { addByImage } from "../recurrence/rows.js";
import type { CaptionBatch, CaptionerConfig, Dropout, Parameters, TeacherForced } from "../types.js";
import { recurrence } from "./recurrence.js";

/**
 * The whole decoder over a batch with the true words as input. Equation numbers are those of Anderson et al. 2018.
 * What does not feed back runs once for all steps: the share of words and mean feature in the gates, logits.
 */
export function teacherForced(
  p: Parameters,
  batch: CaptionBatch,
  input: tf.Tensor3D,
  config: CaptionerConfig,
  dropout: Dropout,
): TeacherForced {
  const { locations: L, featureSize: F, embeddingSize: E, hiddenSize: H } = config;
  const K = batch.columns[0];
  const { features, projected, mean, hidden, cell } = annotate(p, input, config, dropout);
  const [stateKernel, meanKernel, wordKernel] = tf.split(p["attention_lstm/kernel"], [H, F, E], 0) as tf.Tensor2D[]; // eq. 2
  const [glimpseKernel, fromFirst] = tf.split(p["language_lstm/kernel"], [F, H], 0) as tf.Tensor2D[]; // eq. 6
  const wordGates = tf.matMul(readWords(p, batch), wordKernel).add<tf.Tensor2D>(p["attention_lstm/bias"]); // [S, 4H]
  const [hidden1, hidden2] = tf.split(tf.tile(hidden, [K, 1]), 2, 1) as tf.Tensor2D[]; //                 2 x [K*N, H]
  const [cell1, cell2] = tf.split(tf.tile(cell, [K, 1]), 2, 1) as tf.Tensor2D[]; //                     2 x [K*N, H]
  const written = recurrence(
    {
      projected,
      features,
      score: p["attention_score/kernel"] as tf.Tensor2D,
      gates1: addByImage(wordGates, tf.matMul(mean, meanKernel)),
      hidden1,
      hidden2,
      cell1,
      cell2,
      recurrentKernel1: p["attention_lstm/recurrent_kernel"] as tf.Tensor2D,
      stateKernel1: tf.concat([p["attention_hidden/kernel"], fromFirst], 1) as tf.Tensor2D,
      stateKernel2: tf.concat([stateKernel, p["language_lstm/recurrent_kernel"]], 1) as tf.Tensor2D,
      glimpseKernel,
      bias2: p["language_lstm/bias"] as tf.Tensor1D,
    },
    batch.columns,
  ); //                                                                                                    [S, H+L]
  const [states, attention] = tf.split(written, [H, L], 1); //                                             [S, H], [S, L]
  const stateAt = tf.gather(states, tf.tensor1d(batch.positions, "int32")); //                             [P, H]
  const logits = dense(p, "logits", dropout("output", stateAt)); //                                        [P, V] eq. 7
  return { logits, attentionSum: attentionSum(attention, batch) };
}
