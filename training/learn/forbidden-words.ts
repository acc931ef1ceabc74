import * as tf from "@tensorflow/tfjs";

/** Far below any logit, and finite: times a target of 0 it is 0. */
const NEVER = -1e9;

/** Logits [P, V] in which some words are as unlikely as can be. */
export function withoutWords(logits: tf.Tensor2D, words: readonly number[]): tf.Tensor2D {
  if (words.length === 0) return logits;
  const mask = Float32Array.from({ length: logits.shape[1] }, (_, word) => (words.includes(word) ? NEVER : 0));
  return logits.add(tf.tensor1d(mask)); //                                                   [P, V]
}
