import { attentionSpecs } from "../parts/additive-attention.js";
import { annotationSpecs } from "../parts/annotations.js";
import { denseSpecs } from "../parts/dense.js";
import { lstmSpecs } from "../parts/lstm.js";
import { wordSpecs } from "../parts/words.js";
import type { CaptionerConfig, ParameterSpec } from "../types.js";

/** The states of both LSTMs side by side: the attention LSTM's, then the language LSTM's. */
export const stateSize = ({ hiddenSize: H }: CaptionerConfig): number => 2 * H;

/** `layer/weight` names, in the order in which tf.layers holds a layer's weights. */
export function parameters(config: CaptionerConfig): ParameterSpec[] {
  const { featureSize: F, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  return [
    ...annotationSpecs(config, stateSize(config)),
    ...wordSpecs(config),
    ...lstmSpecs("attention_lstm", H + F + E, H), // state of the language LSTM, mean feature, word: eq. 2
    ...attentionSpecs(config),
    ...lstmSpecs("language_lstm", F + H, H), // attended feature, state of the attention LSTM: eq. 6
    ...denseSpecs("logits", H, V),
  ];
}
