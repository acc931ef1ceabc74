import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Graph, readOnnx, writeOnnx } from "../../converter/index.js";
import { ShowtellError } from "../../errors/index.js";
import type { Manifest, Precision } from "../../runtime/core/index.js";
import { choosePrecision, graphPath, loadModel } from "../../runtime/node/model.js";
import { buildCaptioner } from "./captioner/index.js";
import { ModelFolderWriter } from "./model-folder.js";

/** Images that Triton puts together in one run. */
const MOST_IMAGES = 16;
/** Microseconds that an image waits for others. */
const LONGEST_WAIT = 2000;

export interface TritonOptions {
  /** The best that the model has by default. */
  precision?: Precision;
}

/**
 * Writes a model folder's captioner as a model repository for NVIDIA's Triton: `NAME/config.pbtxt`, `NAME/1/model.onnx`
 * with its weights, `NAME/tokenizer.json`. Beam and most words are those of the manifest, so that images of several
 * callers can run together.
 *
 * @param target the repository's folder, to be written
 * @returns name of the model, as callers ask for it
 * @throws ShowtellError FILE_EXISTS, FILE_NOT_FOUND, MODEL_INVALID, MODEL_ALTERED, USAGE (precision), DISK_FULL
 */
export async function exportTriton(folder: string, target: string, options: TritonOptions = {}): Promise<string> {
  const captioner = await captionerForServers(folder, options.precision);
  const writer = await ModelFolderWriter.create(target);
  try {
    await addTritonModel(writer, captioner);
    await writer.place();
    return captioner.name;
  } finally {
    await writer.discard();
  }
}

/** A model's captioner of one input, as servers take it. */
export interface ServedCaptioner {
  /** As callers ask for it. */
  name: string;
  manifest: Manifest;
  graph: Graph;
  tokenizer: Uint8Array;
}

/** @throws ShowtellError FILE_NOT_FOUND, MODEL_INVALID, MODEL_ALTERED, USAGE (precision) */
export async function captionerForServers(folder: string, asked?: Precision): Promise<ServedCaptioner> {
  const model = await loadModel(folder);
  const { manifest } = model;
  const precision = choosePrecision(model, asked);
  const read = async (role: "encoder" | "decoder"): Promise<Graph> => {
    const graph = manifest.graphs[role][precision];
    if (!graph) throw new ShowtellError("MODEL_INVALID", `${folder} has no ${role} in ${precision}.`);
    return readOnnx(await readFile(await graphPath(folder, graph)));
  };
  const { tokens, decoding } = manifest;
  const graph = buildCaptioner(
    { encoder: await read("encoder"), decoder: await read("decoder") },
    { tokens, lengthExponent: decoding.lengthExponent, fixed: decoding },
  );
  const name = manifest.name.replace(/[^A-Za-z0-9._-]+/g, "-");
  return { name, manifest, graph, tokenizer: await readFile(join(folder, manifest.tokenizer.file)) };
}

/** Adds the model's folder to a model repository. */
export async function addTritonModel(writer: ModelFolderWriter, captioner: ServedCaptioner): Promise<void> {
  const { name, manifest, graph, tokenizer } = captioner;
  await writer.add(join(name, "config.pbtxt"), tritonConfig(name, manifest));
  await writer.add(join(name, "1", "model.onnx"), writeOnnx(graph));
  await writer.add(join(name, "tokenizer.json"), tokenizer);
}

/** The configuration as protobuf text of `inference.ModelConfig`; shapes are given without the batch. */
export function tritonConfig(name: string, { preprocessing, backbone }: Manifest): string {
  const { height, width } = preprocessing;
  return `name: "${name}"
backend: "onnxruntime"
max_batch_size: ${MOST_IMAGES}
input [ { name: "image" data_type: TYPE_UINT8 dims: [ ${height}, ${width}, 3 ] } ]
output [
  { name: "tokens" data_type: TYPE_INT64 dims: [ -1 ] },
  { name: "scores" data_type: TYPE_FP32 dims: [ 1 ] reshape { shape: [ ] } },
  { name: "attention" data_type: TYPE_FP32 dims: [ -1, ${backbone.featureShape.locations} ] }
]
dynamic_batching { max_queue_delay_microseconds: ${LONGEST_WAIT} }
version_policy { latest { num_versions: 1 } }
`;
}
