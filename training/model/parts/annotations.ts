import * as tf from "@tensorflow/tfjs";
import type { CaptionerConfig, Dropout, ParameterSpec, Parameters } from "../types.js";
import { dense, denseLayer, denseSpecs } from "./dense.js";

/** Variance floor of the layer normalisation of the features. */
const NORM_EPSILON = 1e-3;

/**
 * What every decoder makes of an image once: annotation vectors, what attention compares with its query, and the first
 * state out of their mean (Xu et al. 2015, 3.1.2).
 *
 * @param stateSize width of the state: H times the number of LSTMs
 */
export function annotationSpecs(config: CaptionerConfig, stateSize: number): ParameterSpec[] {
  const { channels: D, featureSize: F, attentionSize: A } = config;
  return [
    { name: "feature_norm/gamma", shape: [D], initializer: "ones" },
    { name: "feature_norm/beta", shape: [D], initializer: "zeros" },
    ...(config.featureEmbedding ? denseSpecs("feature_embedding", D, F) : []),
    ...denseSpecs("attention_features", F, A),
    ...denseSpecs("initial_hidden", F, stateSize),
    ...denseSpecs("initial_cell", F, stateSize),
  ];
}

export interface Annotations {
  /** [N, L, F] */
  features: tf.Tensor3D;
  /** [N, L, A] */
  projected: tf.Tensor3D;
  /** [N, F] */
  mean: tf.Tensor2D;
  /** [N, stateSize] */
  hidden: tf.Tensor2D;
  /** [N, stateSize] */
  cell: tf.Tensor2D;
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis (Ba et al. 2016). */
function layerNorm(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor {
  const centred = x.sub(x.mean(-1, true)); //                                    [N, L, D]
  const variance = centred.square().mean(-1, true); //                           [N, L, 1]
  return centred.mul(variance.add(NORM_EPSILON).rsqrt()).mul(gamma).add(beta); // [N, L, D]
}

/** The formulas over a batch; dropout site `features`. */
export function annotate(
  p: Parameters,
  input: tf.Tensor3D,
  { locations: L, channels: D, featureSize: F, attentionSize: A, featureEmbedding }: CaptionerConfig,
  dropout: Dropout,
): Annotations {
  const [N] = input.shape;
  const normed = layerNorm(input, p["feature_norm/gamma"], p["feature_norm/beta"]).reshape([N * L, D]); // [N*L, D]
  const annotations = featureEmbedding ? dense(p, "feature_embedding", normed).relu() : normed; //         [N*L, F]
  const flat = dropout("features", annotations); //                                                        [N*L, F]
  const features = flat.reshape([N, L, F]) as tf.Tensor3D; //                                              [N, L, F]
  const mean = features.mean(1) as tf.Tensor2D; //                                                         [N, F]
  return {
    features,
    projected: dense(p, "attention_features", flat).reshape([N, L, A]),
    mean,
    hidden: dense(p, "initial_hidden", mean).tanh(),
    cell: dense(p, "initial_cell", mean).tanh(),
  };
}

/** The same as layers: features [N, L, D] -> features [N, L, F], projected [N, L, A], hidden and cell [N, stateSize]. */
export function annotationHead(config: CaptionerConfig, stateSize: number): tf.LayersModel {
  const { locations: L, channels: D, featureSize: F, attentionSize: A } = config;
  const input = tf.input({ shape: [L, D], name: "backbone_features" }); //                                 [N, L, D]
  const normed = tf.layers.layerNormalization({ name: "feature_norm", epsilon: NORM_EPSILON }).apply(input);
  const features = config.featureEmbedding
    ? denseLayer({ name: "feature_embedding", units: F, activation: "relu" }, normed) //                   [N, L, F]
    : (normed as tf.SymbolicTensor); //                                                                    [N, L, F = D]
  const projected = denseLayer({ name: "attention_features", units: A }, features); //                     [N, L, A]
  const mean = tf.layers.globalAveragePooling1d({ name: "mean_feature" }).apply(features); //              [N, F]
  const hidden = denseLayer({ name: "initial_hidden", units: stateSize, activation: "tanh" }, mean); //    [N, stateSize]
  const cell = denseLayer({ name: "initial_cell", units: stateSize, activation: "tanh" }, mean); //        [N, stateSize]
  return tf.model({ name: "captioner_head", inputs: input, outputs: [features, projected, hidden, cell] });
}
