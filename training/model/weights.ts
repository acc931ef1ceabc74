import * as tf from "@tensorflow/tfjs";
import type { ParameterSpec, ParameterValues } from "./types.js";

/** Puts parameter values named `layer/weight` into the layers of those names, also those of models within the model. */
export function setLayerWeights(model: tf.LayersModel, specs: ParameterSpec[], values: ParameterValues): void {
  for (const layer of model.layers) {
    if (layer instanceof tf.LayersModel) setLayerWeights(layer, specs, values);
    const own = specs.filter((spec) => spec.name.startsWith(`${layer.name}/`));
    if (own.length === 0) continue;
    const tensors = own.map((spec) => tf.tensor(values[spec.name], spec.shape));
    layer.setWeights(tensors);
    tf.dispose(tensors);
  }
}
