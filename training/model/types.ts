import type * as tf from "@tensorflow/tfjs";

/** Sizes of a captioner. Letters as in the shape comments of this room. */
export interface CaptionerConfig {
  /** Name in the decoder registry. */
  decoder: string;
  /** L: locations of the feature map, h * w. */
  locations: number;
  /** D: channels of the backbone's features. */
  channels: number;
  /** F: size of an annotation vector, on which attention works. */
  featureSize: number;
  /** Whether a dense layer makes annotation vectors of the backbone's features; without it they are those, and F = D. */
  featureEmbedding: boolean;
  /** A: size of the attention layer. */
  attentionSize: number;
  /** E: size of a word embedding. */
  embeddingSize: number;
  /** H: size of an LSTM. */
  hiddenSize: number;
  /** V: words of the vocabulary, special ones included. */
  vocabularySize: number;
  /** The part of the backbone that is trained with the captioner, and what it reads; without it features come in. */
  trunk?: { stage: string; locations: number; channels: number };
}

/** L and D of what a captioner reads: the backbone's features, or what the trained part of the backbone starts from. */
export function inputShape({ trunk, locations, channels }: CaptionerConfig): [locations: number, channels: number] {
  return trunk ? [trunk.locations, trunk.channels] : [locations, channels];
}

/**
 * How a parameter starts. `glorot`: uniform in ±sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010, eq. 16); `given`:
 * with values from elsewhere.
 */
export type Initializer = "glorot" | "zeros" | "ones" | "lstm-bias" | "embedding" | "given";

export interface ParameterSpec {
  name: string;
  shape: number[];
  initializer: Initializer;
}

/** Parameters by name, as tensors of the running engine. */
export type Parameters = Record<string, tf.Tensor>;

/** Parameters by name, as plain numbers: what is optimised, stored and exported. */
export type ParameterValues = Record<string, Float32Array>;

/**
 * N images with up to K captions each, laid out for teacher forcing.
 *
 * Rows are (caption k, image n) with k slowest, and the captions of an image stand longest first: so the rows that are
 * still being written at step t are always the first `columns[t] * N` ones, and short captions cost nothing.
 * S = sum over t of columns[t] * N; P = number of words to predict.
 */
export interface CaptionBatch {
  /** N */
  images: number;
  /** K_t for each of the T steps, never rising. */
  columns: number[];
  /** [N, L, D] */
  features: Float32Array;
  /** [S] the word read at each step and row. */
  inputs: Int32Array;
  /** [S] 1 where the row's caption is still being written, 0 where it has ended. */
  alive: Float32Array;
  /** [P] where in [S] a word is to be predicted. */
  positions: Int32Array;
  /** [P] that word. */
  targets: Int32Array;
  /** [P] how much each prediction counts; without it all count alike. */
  weights?: Float32Array;
  /** What teachers predict, where there are some. */
  soft?: SoftTargets;
}

/** Predictions to be met beside the true words. */
export interface SoftTargets {
  /** [P, V], each row sums to 1 */
  probabilities: Float32Array;
  /** Share of the target that they make up, 0 to 1. */
  share: number;
}

/** Where dropout is applied, by name, with the share of values dropped: the identity outside training. */
export type Dropout = (site: string, x: tf.Tensor) => tf.Tensor;

export interface TeacherForced {
  /** [P, V] */
  logits: tf.Tensor2D;
  /** [K_0 * N, L] attention summed over the steps of each caption; each step's sums to 1. */
  attentionSum: tf.Tensor2D;
}

/** A decoder: one folder, one line of registry. */
export interface Decoder {
  name: string;
  /** The parameters in which the logits are linear: times a number, they make all words surer or less sure. */
  logits: string[];
  /** Width of the state's two tensors, `hidden` and `cell`: the states of all its LSTMs side by side. */
  stateSize(config: CaptionerConfig): number;
  /**
   * Size of an embedded feature, 0 for none, where the decoder ties it to another size; `featureSize` is what was asked
   * for, 0 for nothing.
   * @throws ShowtellError USAGE where that cannot be
   */
  featureSize?(asked: { featureSize: number; hiddenSize: number }): number;
  parameters(config: CaptionerConfig): ParameterSpec[];
  /** Predicts every next word of a batch from the words before it. */
  teacherForced(
    parameters: Parameters,
    batch: CaptionBatch,
    features: tf.Tensor3D,
    config: CaptionerConfig,
    dropout: Dropout,
  ): TeacherForced;
  /** features [N, L, D] -> features [N, L, F], projected [N, L, A], hidden and cell [N, stateSize]. */
  head(config: CaptionerConfig): tf.LayersModel;
  /**
   * token [N, 1], hidden, cell, features, projected -> logits [N, V], next_hidden, next_cell, attention [N, L].
   * What a row of the attention lacks to 1 is the share of what the decoder looked at beside the image: a sentinel.
   */
  step(config: CaptionerConfig): tf.LayersModel;
}
