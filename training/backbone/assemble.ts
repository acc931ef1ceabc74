import * as tf from "@tensorflow/tfjs";
import type { Weight } from "../weights/types.js";

/**
 * Collects the layers of a network together with the values of their weights, so that the network is written down as
 * ordinary tf.layers code and filled once, when it stands.
 */
export class Assembly {
  readonly #weights = new Map<string, () => Weight[]>();

  /** Applies a layer; `weights` are read only if the finished model holds the layer. */
  apply(layer: tf.layers.Layer, inputs: tf.SymbolicTensor | tf.SymbolicTensor[], weights?: () => Weight[]) {
    if (weights) this.#weights.set(layer.name, weights);
    return layer.apply(inputs) as tf.SymbolicTensor;
  }

  /** The model from `inputs` to `outputs` with all its weights set. */
  finish(name: string, inputs: tf.SymbolicTensor, outputs: tf.SymbolicTensor): tf.LayersModel {
    const model = tf.model({ name, inputs, outputs });
    tf.tidy(() => {
      for (const layer of model.layers) {
        const weights = this.#weights.get(layer.name)?.();
        if (weights) layer.setWeights(weights.map(({ data, shape }) => tf.tensor(data, shape, "float32")));
      }
    });
    return model;
  }
}
