import * as tf from "@tensorflow/tfjs";
import type { CaptionBatch, CaptionerConfig, Dropout, Parameters, TeacherForced } from "../types.js";
import { NORM_EPSILON } from "./parameters.js";

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
 *
 * What does not feed back runs once for all steps (embeddings and their share of the gates, deep output, logits); what
 * the three products with the last state need is one product with their kernels side by side. R_t = K_t * N rows.
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

  const normed = layerNorm(input, p["feature_norm/gamma"], p["feature_norm/beta"]); //             [N, L, D]
  const embedded = dense(normed.reshape([N * L, D]), p["feature_embedding/kernel"], p["feature_embedding/bias"]).relu();
  const flat = dropout("features", embedded) as tf.Tensor2D; //                                    [N*L, F]
  const features = flat.reshape([N, L, F]) as tf.Tensor3D; //                                      [N, L, F]
  const projected = dense(flat, p["attention_features/kernel"], p["attention_features/bias"]) //   [N*L, A]
    .reshape([1, N, L, A]);
  const mean = features.mean(1); //                                                                [N, F]
  const start = (layer: string) =>
    tf.tile(dense(mean, p[`${layer}/kernel`], p[`${layer}/bias`]).tanh(), [K, 1]) as tf.Tensor2D; // [K*N, H]
  let hidden = start("initial_hidden");
  let cell = start("initial_cell");

  const [wordKernel, contextKernel] = tf.split(p["lstm/kernel"], [E, F], 0); //                    [E, 4H], [F, 4H]
  const stateKernel = tf.concat(
    [p["attention_hidden/kernel"], p["context_gate/kernel"], p["lstm/recurrent_kernel"]],
    1,
  ) as tf.Tensor2D; //                                                                             [H, A+F+4H]
  const words = tf.gather(p["word_embedding/embeddings"], tf.tensor1d(batch.inputs, "int32")); //  [S, E]
  const wordGates = tf.split(dense(words, wordKernel, p["lstm/bias"]), rows, 0); //                T x [R_t, 4H]
  const alive = tf.split(tf.tensor2d(batch.alive, [batch.alive.length, 1]), rows, 0); //           T x [R_t, 1]

  const states: tf.Tensor[] = [];
  const contexts: tf.Tensor[] = [];
  const attentions: tf.Tensor[] = [];
  for (let t = 0; t < columns.length; t++) {
    const R = rows[t];
    if (hidden.shape[0] > R) {
      hidden = hidden.slice([0, 0], [R, H]);
      cell = cell.slice([0, 0], [R, H]);
    }
    const [query, gate, recurrent] = tf.split(tf.matMul(hidden, stateKernel), [A, F, 4 * H], 1); // [R, A], [R, F], [R, 4H]
    const attention = attend(projected, query, p["attention_score/kernel"], columns[t]); //         [K, N, L]
    const glimpse = tf
      .matMul(attention.transpose([1, 0, 2]) as tf.Tensor3D, features) //                           [N, K, F]
      .transpose([1, 0, 2])
      .reshape([R, F]); //                                                                          [R, F] eq. 8
    const context = gate.add(p["context_gate/bias"]).sigmoid().mul(glimpse); //                     [R, F] section 4.2.1
    const gates = wordGates[t].add(recurrent).add(tf.matMul(context as tf.Tensor2D, contextKernel as tf.Tensor2D));
    const [i, f, g, o] = tf.split(gates, 4, 1); //                                                  4 x [R, H] eq. 1
    cell = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh())) as tf.Tensor2D; //                  [R, H] eq. 2
    hidden = o.sigmoid().mul(cell.tanh()) as tf.Tensor2D; //                                        [R, H] eq. 3
    states.push(hidden);
    contexts.push(context);
    const counted = attention.reshape([R, L]).mul(alive[t]) as tf.Tensor2D; //                      [R, L]
    attentions.push(
      counted.pad([
        [0, K * N - R],
        [0, 0],
      ]),
    );
  }

  const read = tf.concat([tf.concat(states, 0), tf.concat(contexts, 0)], 1); //                     [S, H+F]
  const positions = tf.tensor1d(batch.positions, "int32");
  const readAt = dropout("state", tf.gather(read, positions)); //                                   [P, H+F]
  const wordsAt = tf.gather(words, positions); //                                                   [P, E]
  const deep = dense(readAt, p["deep_output/kernel"], p["deep_output/bias"]).add(wordsAt).tanh(); // [P, E] eq. 7
  const logits = dense(dropout("output", deep), p["logits/kernel"], p["logits/bias"]); //           [P, V]
  return { logits, attentionSum: tf.addN(attentions) as tf.Tensor2D };
}

/** Additive attention (eq. 4 to 6): softmax over L of v . tanh(projected + query), for K captions of each image. */
function attend(projected: tf.Tensor, query: tf.Tensor, score: tf.Tensor, K: number): tf.Tensor3D {
  const [, N, L, A] = projected.shape as [number, number, number, number];
  const mixed = projected.add(query.reshape([K, N, 1, A])).tanh(); //                               [K, N, L, A]
  const energies = tf.matMul(mixed.reshape([K * N * L, A]), score as tf.Tensor2D); //               [K*N*L, 1]
  return tf.softmax(energies.reshape([K, N, L]) as tf.Tensor3D); //                                 [K, N, L]
}
