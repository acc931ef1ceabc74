import * as tf from "@tensorflow/tfjs";
import type { CaptionBatch, CaptionerConfig, ParameterSpec, Parameters } from "../types.js";

/** The table of word embeddings, [V, E]. */
export function wordSpecs({ vocabularySize: V, embeddingSize: E }: CaptionerConfig): ParameterSpec[] {
  return [{ name: "word_embedding/embeddings", shape: [V, E], initializer: "embedding" }];
}

/** The words that a batch reads. [S] -> [S, E] */
export function readWords(p: Parameters, batch: CaptionBatch): tf.Tensor2D {
  return tf.gather(p["word_embedding/embeddings"], tf.tensor1d(batch.inputs, "int32")) as tf.Tensor2D;
}

/** The same as a layer. token [N, 1] -> [N, 1, E] */
export function wordLayer({ vocabularySize: V, embeddingSize: E }: CaptionerConfig, token: tf.SymbolicTensor) {
  return tf.layers
    .embedding({ name: "word_embedding", inputDim: V, outputDim: E, embeddingsInitializer: "zeros" })
    .apply(token) as tf.SymbolicTensor;
}
