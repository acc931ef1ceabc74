import * as tf from "@tensorflow/tfjs";
import type { CaptionBatch, CaptionerConfig, Dropout, Parameters, TeacherForced } from "../types.js";
import { NORM_EPSILON } from "./parameters.js";
import { recurrence } from "./recurrence.js";

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis (Ba et al. 2016). */
function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const centred = x.sub(x.mean(-1, true)); //                                    [N, L, D]
  const variance = centred.square().mean(-1, true); //                           [N, L, 1]
  return centred.mul(variance.add(NORM_EPSILON).rsqrt()).mul(gamma).add(beta); // [N, L, D]
}

function dense(x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor): tf.Tensor2D {
  return tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D).add(bias);
}

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
  const { images: N, columns } = batch;
  const { locations: L, channels: D, featureSize: F, attentionSize: A, embeddingSize: E, hiddenSize: H } = config;
  const K = columns[0];
  const rows = columns.map((captions) => captions * N);
  const S = batch.inputs.length;

  const normed = layerNorm(input, p["feature_norm/gamma"], p["feature_norm/beta"]).reshape([N * L, D]); // [N*L, D]
  const annotations = config.featureEmbedding
    ? dense(normed, p["feature_embedding/kernel"], p["feature_embedding/bias"]).relu() //                  [N*L, F]
    : normed; //                                                                                           [N*L, F = D]
  const flat = dropout("features", annotations); //                                                        [N*L, F]
  const features = flat.reshape([N, L, F]) as tf.Tensor3D; //                                              [N, L, F]
  const projected = dense(flat, p["attention_features/kernel"], p["attention_features/bias"]); //          [N*L, A]
  const mean = features.mean(1); //                                                                        [N, F]
  const start = (layer: string) =>
    tf.tile(dense(mean, p[`${layer}/kernel`], p[`${layer}/bias`]).tanh(), [K, 1]) as tf.Tensor2D; //       [K*N, H]

  const words = tf.gather(p["word_embedding/embeddings"], tf.tensor1d(batch.inputs, "int32")); //          [S, E]
  const [wordKernel, contextKernel] = tf.split(p["lstm/kernel"] as tf.Tensor2D, [E, F], 0) as tf.Tensor2D[]; // [E, 4H], [F, 4H]
  const queryKernels = [p["attention_hidden/kernel"], p["context_gate/kernel"], p["lstm/recurrent_kernel"]];
  const written = recurrence(
    {
      projected: projected.reshape([N, L, A]) as tf.Tensor3D,
      features,
      wordGates: dense(words, wordKernel, p["lstm/bias"]),
      hidden: start("initial_hidden"),
      cell: start("initial_cell"),
      stateKernel: tf.concat(queryKernels, 1) as tf.Tensor2D,
      score: p["attention_score/kernel"] as tf.Tensor2D,
      gateBias: p["context_gate/bias"] as tf.Tensor1D,
      contextKernel,
    },
    columns,
  ); //                                                                                                    [S, H+F+L]

  const [states, contexts, attention] = tf.split(written, [H, F, L], 1); //                                [S, H], [S, F], [S, L]
  const counted = tf.split(attention.mul(tf.tensor2d(batch.alive, [S, 1])), rows, 0); //                   T x [R_t, L]
  const padded = counted.map((part, t) =>
    tf.pad(part, [
      [0, K * N - rows[t]],
      [0, 0],
    ]),
  ); //                T x [K*N, L]
  const positions = tf.tensor1d(batch.positions, "int32");
  const stateAt = dropout("state", tf.gather(states, positions)); //                                       [P, H]
  const readAt = tf.concat([stateAt, tf.gather(contexts, positions)], 1); //                               [P, H+F]
  const wordsAt = tf.gather(words, positions); //                                                          [P, E]
  const deep = dense(readAt, p["deep_output/kernel"], p["deep_output/bias"]).add(wordsAt).tanh(); //       [P, E] eq. 7
  const logits = dense(dropout("output", deep), p["logits/kernel"], p["logits/bias"]); //                  [P, V]
  return { logits, attentionSum: tf.addN(padded) as tf.Tensor2D };
}
