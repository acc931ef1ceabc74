import * as tf from "@tensorflow/tfjs";
import { annotate } from "../parts/annotations.js";
import { attentionSum } from "../parts/attention-sum.js";
import { dense } from "../parts/dense.js";
import { readWords } from "../parts/words.js";
import type { CaptionBatch, CaptionerConfig, Dropout, Parameters, TeacherForced } from "../types.js";
import { recurrence } from "./recurrence.js";

/**
 * The whole decoder over a batch with the true words as input. Equation numbers are those of Xu et al. 2015.
 * What does not feed back runs once for all steps: embeddings and their share of the gates, deep output, logits.
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
  const { features, projected, hidden, cell } = annotate(p, input, config, dropout);
  const words = readWords(p, batch); //                                                                    [S, E]
  const [wordKernel, contextKernel] = tf.split(p["lstm/kernel"] as tf.Tensor2D, [E, F], 0) as tf.Tensor2D[]; // [E, 4H], [F, 4H]
  const stateKernels = [p["attention_hidden/kernel"], p["context_gate/kernel"], p["lstm/recurrent_kernel"]];
  const written = recurrence(
    {
      projected,
      features,
      wordGates: tf.matMul(words, wordKernel).add(p["lstm/bias"]),
      hidden: tf.tile(hidden, [K, 1]),
      cell: tf.tile(cell, [K, 1]),
      stateKernel: tf.concat(stateKernels, 1) as tf.Tensor2D,
      score: p["attention_score/kernel"] as tf.Tensor2D,
      gateBias: p["context_gate/bias"] as tf.Tensor1D,
      contextKernel,
    },
    batch.columns,
  ); //                                                                                                    [S, H+F+L]

  const [states, contexts, attention] = tf.split(written, [H, F, L], 1); //                                [S, H], [S, F], [S, L]
  const positions = tf.tensor1d(batch.positions, "int32");
  const stateAt = dropout("state", tf.gather(states, positions)); //                                       [P, H]
  const readAt = tf.concat([stateAt, tf.gather(contexts, positions)], 1); //                               [P, H+F]
  const wordsAt = tf.gather(words, positions); //                                                          [P, E]
  const deep = dense(p, "deep_output", readAt).add(wordsAt).tanh(); //                                     [P, E] eq. 7
  const logits = dense(p, "logits", dropout("output", deep)); //                                           [P, V]
  return { logits, attentionSum: attentionSum(attention, batch) };
}
