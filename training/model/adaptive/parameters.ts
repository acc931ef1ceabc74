import { attentionSpecs } from "../parts/additive-attention.js";
import { annotationSpecs } from "../parts/annotations.js";
import { denseSpecs } from "../parts/dense.js";
import { lstmSpecs } from "../parts/lstm.js";
import { wordSpecs } from "../parts/words.js";
import type { CaptionerConfig, ParameterSpec } from "../types.js";

/** `layer/weight` names, in the order in which tf.layers holds a layer's weights. */
export function parameters(config: CaptionerConfig): ParameterSpec[] {
  const { featureSize: F, attentionSize: A, embeddingSize: E, hiddenSize: H, vocabularySize: V } = config;
  return [
    ...annotationSpecs(config, H),
    ...wordSpecs(config),
    ...lstmSpecs("lstm", E + F, H), // word, mean feature
    ...denseSpecs("sentinel_input", E + F, H, { bias: false }), // W_x of eq. 9
    ...denseSpecs("sentinel_hidden", H, H, { bias: false }), // W_h of eq. 9
    ...attentionSpecs(config), // W_g and w_h of eq. 6 and 12
    ...denseSpecs("attention_sentinel", H, A, { bias: false }), // W_s of eq. 12
    ...denseSpecs("logits", H, V),
  ];
}
