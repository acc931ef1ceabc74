import * as tf from "@tensorflow/tfjs";
import { openModel } from "../../converter/files/index.js";
import { ShowtellError } from "../../errors/index.js";
import { sha256 } from "../../files/hash.js";
import { invalidWeights } from "../weights/types.js";
import { Assembly } from "./assemble.js";
import { PIXELS } from "./network.js";
import { normalize } from "./normalize.js";
import { reapply } from "./reapply.js";
import type { Normalization } from "./types.js";

/** Side of the picture for networks that take any size. */
const DEFAULT_SIDE = 224;

/** A tfjs layers-model as its files hold it. */
export interface LayersFiles {
  path: string;
  /** Of model.json and all weight shards, one after the other. */
  sha256: string;
  artifacts: tf.io.ModelArtifacts;
  layerNames: string[];
}

/**
 * Reads model.json and its shards. Quantised weights (uint8, uint16, float16) are widened by tfjs when the model is built.
 * @throws ShowtellError WEIGHTS_INVALID
 */
export async function openLayersFiles(path: string): Promise<LayersFiles> {
  const { artifacts, json } = await openModel(path).catch((error) => {
    throw error instanceof ShowtellError
      ? new ShowtellError("WEIGHTS_INVALID", error.message, { cause: error })
      : error;
  });
  const layerNames = namesOfLayers(artifacts.modelTopology);
  if (!layerNames) throw invalidWeights(path, "it is no tfjs layers-model (a graph-model cannot be cut at a layer)");
  return { path, sha256: sha256(Buffer.concat([json, new Uint8Array(artifacts.weightData)])), artifacts, layerNames };
}

function namesOfLayers(topology: unknown): string[] | undefined {
  const root = topology as { model_config?: { config?: unknown }; config?: unknown } | undefined;
  const config = (root?.model_config ?? root)?.config as { layers?: unknown } | unknown[] | undefined;
  const layers = Array.isArray(config) ? config : config?.layers;
  if (!Array.isArray(layers)) return undefined;
  return layers.map((layer) => String(layer?.name ?? layer?.config?.name));
}

/**
 * The model up to `layer`, with normalisation before it: RGB 0..255 [N, H, W, 3] -> [N, h, w, D].
 * @throws ShowtellError WEIGHTS_INVALID, BACKBONE_LAYER
 */
export async function buildLayersModel(
  files: LayersFiles,
  layer: string,
  normalization: Normalization,
): Promise<tf.LayersModel> {
  let model: tf.LayersModel;
  try {
    model = await tf.loadLayersModel(tf.io.fromMemory(files.artifacts));
  } catch (error) {
    throw invalidWeights(files.path, `tfjs cannot load it (${(error as Error).message})`, error);
  }
  if (model.inputs.length !== 1 || model.inputs[0]!.shape.length !== 4 || model.inputs[0]!.shape[3] !== 3) {
    throw invalidWeights(files.path, "it must have one input, of shape [N, height, width, 3]");
  }
  const maps = model.layers.filter(({ output }) => !Array.isArray(output) && output.shape.length === 4);
  const end = maps.find(({ name }) => name === layer);
  if (!end && layer !== PIXELS) {
    const names = maps.map(({ name }) => name).join(", ");
    throw new ShowtellError(
      "BACKBONE_LAYER",
      `${files.path} has no layer ${layer} with a feature map. It has: ${names}.`,
    );
  }
  const [, height, width] = model.inputs[0]!.shape;
  const assembly = new Assembly();
  const image = tf.input({ shape: [height ?? DEFAULT_SIDE, width ?? DEFAULT_SIDE, 3], name: "image" });
  const normalized = normalize(assembly, image, normalization);
  const features = end ? reapply(end.output as tf.SymbolicTensor, model.inputs[0]!, normalized) : normalized;
  const result = assembly.finish(model.name, image, features);
  // Layers beyond the cut are in no model any more.
  for (const unused of model.layers) if (!result.layers.includes(unused)) unused.dispose();
  return result;
}
