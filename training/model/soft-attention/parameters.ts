import type { CaptionerConfig, ParameterSpec } from "../types.js";

/** Variance floor of the layer normalisation of the features. */
export const NORM_EPSILON = 1e-3;

/** `layer/weight` names, in the order in which tf.layers holds a layer's weights. */
export function parameters(config: CaptionerConfig): ParameterSpec[] {
  const { channels: D, featureSize: F, attentionSize: A, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  const glorot = (name: string, ...shape: number[]): ParameterSpec => ({ name, shape, initializer: "glorot" });
  const zeros = (name: string, ...shape: number[]): ParameterSpec => ({ name, shape, initializer: "zeros" });
  return [
    { name: "feature_norm/gamma", shape: [D], initializer: "ones" },
    zeros("feature_norm/beta", D),
    ...(config.featureEmbedding ? [glorot("feature_embedding/kernel", D, F), zeros("feature_embedding/bias", F)] : []),
    glorot("attention_features/kernel", F, A),
    zeros("attention_features/bias", A),
    glorot("initial_hidden/kernel", F, H),
    zeros("initial_hidden/bias", H),
    glorot("initial_cell/kernel", F, H),
    zeros("initial_cell/bias", H),
    { name: "word_embedding/embeddings", shape: [V, E], initializer: "embedding" },
    glorot("attention_hidden/kernel", H, A),
    glorot("attention_score/kernel", A, 1),
    glorot("context_gate/kernel", H, F),
    zeros("context_gate/bias", F),
    glorot("lstm/kernel", E + F, 4 * H),
    glorot("lstm/recurrent_kernel", H, 4 * H),
    { name: "lstm/bias", shape: [4 * H], initializer: "lstm-bias" },
    glorot("deep_output/kernel", H + F, E),
    zeros("deep_output/bias", E),
    glorot("logits/kernel", E, V),
    zeros("logits/bias", V),
  ];
}
