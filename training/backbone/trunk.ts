import * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import type { ParameterSpec, ParameterValues } from "../model/types.js";
import {
  evaluate,
  layersBetween,
  missingGradientKernels,
  outputOnTheWay,
  trainableParameters,
} from "./differentiate.js";
import { reapply } from "./reapply.js";
import type { Backbone } from "./types.js";

/** The upper part of a backbone, from a layer at which its values are cached to its features, to be trained further. */
export interface Trunk {
  /** Where it begins, as `--fine-tune` names it. */
  stage: string;
  /** What it reads: L0 locations of D0 channels. */
  input: { locations: number; channels: number };
  /** Its trainable parameters, as `layer/weight`; batch norm is frozen (as in He et al. 2016's detectors). */
  specs: ParameterSpec[];
  /** The values with which the backbone came. */
  values: ParameterValues;
  /** What the engine in use lacks for its gradients. */
  missingKernels(): string[];
  /** [N, L0, D0] -> [N, L, D], with gradients to the parameters given. */
  apply(parameters: Record<string, tf.Tensor>, x: tf.Tensor3D): tf.Tensor3D;
  /** The same as layers, on the values that were set last. [N, L0, D0] -> [N, L, D] */
  layers(x: tf.SymbolicTensor): tf.SymbolicTensor;
}

/**
 * Splits a backbone at the layer at which another cut of the same network ends.
 *
 * @param whole up to the features
 * @param lower up to where the trunk begins
 * @throws ShowtellError BACKBONE_LAYER where nothing lies between the two, USAGE for a backbone without layers
 */
export async function openTrunk(whole: Backbone, lower: Backbone): Promise<Trunk> {
  if (!whole.layersModel || !lower.layersModel) {
    throw new ShowtellError("USAGE", `${whole.name} comes as an ONNX graph, which cannot be trained.`);
  }
  const model = await whole.layersModel();
  const below = await lower.layersModel();
  const [features] = model.outputs;
  const boundary = outputOnTheWay(below.outputs[0].sourceLayer.name, features);
  below.dispose();
  const trained = boundary ? layersBetween(boundary, features).flatMap(trainableParameters) : [];
  if (!boundary || trained.length === 0) {
    throw new ShowtellError("BACKBONE_LAYER", `Above ${lower.layer}, ${whole.name} has no layer that can be trained.`);
  }
  const [rows, columns] = lower.grid;
  const map = [rows, columns, lower.channels] as const;
  const flat = [whole.grid[0] * whole.grid[1], whole.channels] as const;
  return {
    stage: lower.layer,
    input: { locations: rows * columns, channels: lower.channels },
    specs: trained.map(({ name, value }) => ({ name, shape: value.shape, initializer: "given" })),
    values: Object.fromEntries(trained.map(({ name, value }) => [name, value.dataSync<"float32">().slice()])),
    missingKernels: () => missingGradientKernels(layersBetween(boundary, features)),
    apply(parameters, x) {
      const grid = x.reshape([x.shape[0], ...map]); //                              [N, h0, w0, D0]
      const value = evaluate(features, boundary, grid, parameters); //             [N, h, w, D]
      return value.reshape([x.shape[0], ...flat]); //                              [N, L, D]
    },
    layers(x) {
      const grid = tf.layers.reshape({ name: "trunk_grid", targetShape: [...map] }).apply(x); // [N, h0, w0, D0]
      const value = reapply(features, boundary, grid as tf.SymbolicTensor); //                    [N, h, w, D]
      return tf.layers.reshape({ name: "trunk_features", targetShape: [...flat] }).apply(value) as tf.SymbolicTensor;
    },
  };
}
