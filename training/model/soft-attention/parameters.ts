import { attentionSpecs } from "../parts/additive-attention.js";
import { annotationSpecs } from "../parts/annotations.js";
import { denseSpecs } from "../parts/dense.js";
import { lstmSpecs } from "../parts/lstm.js";
import { wordSpecs } from "../parts/words.js";
import type { CaptionerConfig, ParameterSpec } from "../types.js";

/** `layer/weight` names, in the order in which tf.layers holds a layer's weights. */
export function parameters(config: CaptionerConfig): ParameterSpec[] {
  const { featureSize: F, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  return [
    ...annotationSpecs(config, H),
    ...wordSpecs(config),
    ...attentionSpecs(config),
    ...denseSpecs("context_gate", H, F),
    ...lstmSpecs("lstm", E + F, H),
    ...denseSpecs("deep_output", H + F, E),
    ...denseSpecs("logits", E, V),
  ];
}
