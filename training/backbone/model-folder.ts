import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { renamed } from "../../converter/graph/rename.js";
import { cut, type Graph, readOnnx } from "../../converter/index.js";
import { ShowtellError } from "../../errors/index.js";
import { sha256 } from "../../files/hash.js";
import { parseManifest } from "../../runtime/core/index.js";
import type { Backbone, OpenBackboneOptions } from "./types.js";

/** The tensor of an encoder that carries its backbone's features [N, L, D]. */
const FEATURES_TENSOR = "backbone_features";

/** Whether a folder is a showtell model: its model.json is a manifest and no tfjs topology. */
export function isModelFolder(folder: string): boolean {
  const path = join(folder, "model.json");
  if (!existsSync(path)) return false;
  try {
    return "formatVersion" in JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}

/**
 * The backbone inside a showtell model: its encoder, cut at the tensor `backbone_features`. It has no layers-model.
 * @throws ShowtellError MODEL_INVALID, MODEL_ALTERED, USAGE
 */
export async function openModelFolder(folder: string, options: OpenBackboneOptions): Promise<Backbone> {
  const manifest = parseManifest(await readFile(join(folder, "model.json"), "utf8"));
  const { name, layer, featureShape } = manifest.backbone;
  if ((options.layer && options.layer !== layer) || options.weights || options.normalize) {
    throw new ShowtellError("USAGE", `The backbone of ${folder} is fixed: ${name} at ${layer}, with its own weights.`);
  }
  const { fp32, fp16, int8 } = manifest.graphs.encoder;
  const encoder = fp32 ?? fp16 ?? int8;
  if (!encoder) throw new ShowtellError("MODEL_INVALID", `${folder} has no encoder.`);
  const path = join(folder, encoder.file);
  const bytes = await readFile(path).catch((error: Error) => {
    throw new ShowtellError("MODEL_ALTERED", `${path} cannot be read: ${error.message}`, { cause: error });
  });
  if (sha256(bytes) !== encoder.sha256) {
    throw new ShowtellError("MODEL_ALTERED", `${path} differs from the manifest (sha256).`);
  }
  const graph = cutAtFeatures(bytes, folder);
  return {
    name,
    layer,
    // Inside the graph, whatever it is.
    normalization: "none",
    input: manifest.preprocessing,
    grid: featureShape.grid,
    channels: featureShape.channels,
    weightsSha256: encoder.sha256,
    notices: manifest.licence.notices,
    graph: async () => graph,
  };
}

/** `image` -> `features` */
function cutAtFeatures(encoder: Uint8Array, folder: string): Graph {
  try {
    const graph = cut(readOnnx(encoder), [FEATURES_TENSOR]);
    // The name was that of the head's output, which is cut off.
    graph.types.delete("features");
    return renamed(graph, (name) => (name === FEATURES_TENSOR ? "features" : name));
  } catch (error) {
    throw new ShowtellError(
      "MODEL_INVALID",
      `The encoder of ${folder} cannot serve as a backbone: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
