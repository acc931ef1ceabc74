import type { File, Group } from "h5wasm";
import h5wasm from "h5wasm/node";
import { sha256File } from "../../files/hash.js";
import { invalidWeights, type Weight, type WeightFile } from "./types.js";

/**
 * Opens a Keras HDF5 file: what `save_weights` writes (layers at the root, attribute `layer_names`), a whole saved model
 * (the same below `model_weights`), or Keras 3's `.weights.h5` (`layers/NAME/vars/0`). Weights are named `layer/kernel`,
 * `layer/bias` and so on, whatever the file's age. Values are read when asked for: a model's dense layers, which may be
 * nine tenths of the file, are never loaded.
 * @throws ShowtellError WEIGHTS_INVALID
 */
export async function openKerasH5(path: string): Promise<WeightFile> {
  const library = await h5wasm.ready;
  // Otherwise the library prints its errors and goes on.
  library.activate_throwing_error_handler();
  const places = withFile(path, findWeights);
  return {
    path,
    sha256: await sha256File(path),
    names: [...places.keys()],
    read(name) {
      const place = places.get(name);
      if (!place) throw invalidWeights(path, `it has no weight ${name}`);
      return withFile(path, (file) => readDataset(file, place));
    },
  };
}

function withFile<T>(path: string, read: (file: File) => T): T {
  let file: File | undefined;
  try {
    file = new h5wasm.File(path, "r");
    return read(file);
  } catch (error) {
    throw invalidWeights(path, `it is no whole Keras file (${(error as Error).message})`, error);
  } finally {
    file?.close();
  }
}

/** Where each weight lies in the file. */
function findWeights(file: File): Map<string, string> {
  const root = file.get("model_weights") ?? file;
  if (!(root instanceof h5wasm.Group)) throw new Error("model_weights is not a group");
  return "layer_names" in root.attrs ? findInNamedLayers(root) : findInKeras3(root);
}

/** Keras 1 and 2: the attributes say which layers there are and which weights each has, in order. */
function findInNamedLayers(root: Group): Map<string, string> {
  const places = new Map<string, string>();
  for (const layer of texts(root, "layer_names")) {
    const group = root.get(layer);
    if (!(group instanceof h5wasm.Group)) throw new Error(`no group for the layer ${layer}`);
    for (const name of texts(group, "weight_names")) {
      places.set(`${layer}/${plainName(name)}`, placeOf(group, name));
    }
  }
  return places;
}

/** `block1_conv1/kernel:0` and Keras 1's `block1_conv1_W_1:0` -> `kernel`. */
function plainName(name: string): string {
  const last = name.slice(name.lastIndexOf("/") + 1).replace(/:\d+$/, "");
  if (/_W(_\d+)?$/.test(last)) return "kernel";
  if (/_b(_\d+)?$/.test(last)) return "bias";
  return last;
}

/** Keras 3 keeps no weight names: a convolution or dense layer has its kernel first and its bias second. */
function findInKeras3(root: Group): Map<string, string> {
  const layers = root.get("layers") ?? root.get("_layer_checkpoint_dependencies");
  if (!(layers instanceof h5wasm.Group)) throw new Error("neither layer_names nor a group of layers");
  const places = new Map<string, string>();
  for (const layer of layers.keys()) {
    const vars = layers.get(`${layer}/vars`);
    if (!(vars instanceof h5wasm.Group)) continue;
    for (const [index, name] of ["kernel", "bias"].entries()) {
      if (vars.keys().includes(String(index))) places.set(`${layer}/${name}`, placeOf(vars, String(index)));
    }
  }
  return places;
}

function placeOf(group: Group, name: string): string {
  return `${group.path === "/" ? "" : group.path}/${name}`;
}

function texts(group: Group, attribute: string): string[] {
  const value = group.attrs[attribute]?.value;
  // A layer without weights has an empty list of numbers, or none.
  if (value === undefined || value === null || (ArrayBuffer.isView(value) && value.byteLength === 0)) return [];
  if (!Array.isArray(value)) throw new Error(`${attribute} of ${group.path} is not a list of names`);
  // Fixed-length texts are padded with zeros.
  return value.map((text) => String(text).replace(/\0+$/, ""));
}

function readDataset(file: File, place: string): Weight {
  const dataset = file.get(place);
  if (!(dataset instanceof h5wasm.Dataset)) throw new Error(`no data at ${place}`);
  const value = dataset.value;
  const shape = dataset.shape ?? [];
  if (!ArrayBuffer.isView(value) || value instanceof DataView) throw new Error(`${place} does not hold numbers`);
  const data = Float32Array.from(value as Float32Array);
  if (data.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${place} is incomplete`);
  return { shape, data };
}
