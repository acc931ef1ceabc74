import { join } from "node:path";
import sharp from "sharp";
import { type Converted, convert } from "../../converter/index.js";
import { type ParityRow, type Values, verify } from "../../converter/verify/index.js";
import { packageRoot } from "../../files/package-root.js";
import { startEngine } from "../../training/engine/index.js";
import type { Photograph, PublishedModel } from "./models.js";
import { packageFolder } from "./packages.js";
import { readScriptModel } from "./script-model.js";

/** Largest difference of an output, as a share of its peak. */
export const TOLERANCE = 1e-4;

/** Height and width where a model leaves them free. */
const FREE = 128;

export interface Comparison {
  layers: number;
  nodes: number;
  transposes: number;
  outputs: ParityRow[];
  /** Where one differs: the first node that does. */
  first?: string;
}

/**
 * Converts a model, runs it in TensorFlow.js and in onnxruntime on the same inputs, and compares every output.
 * @throws ShowtellError where it cannot be fetched, converted or run
 */
export async function compare(model: PublishedModel): Promise<Comparison> {
  const converted = await convert(await sourceOf(model), model.options);
  const inputs = { ...model.inputs, ...(model.photograph && (await photographed(converted, model.photograph))) };
  await startEngine(model.engine ?? "wasm");
  const { except } = model;
  // With the wider tolerance first: the search for the first node that differs is for what nothing explains.
  let { outputs, first } = await verify(converted, { inputs, tolerance: except?.tolerance ?? TOLERANCE });
  if (except && outputs.some((row) => !except.outputs.includes(row.output) && row.maxRelative > TOLERANCE)) {
    ({ outputs, first } = await verify(converted, { inputs, tolerance: TOLERANCE }));
  }
  const { nodes } = converted.graph;
  return {
    layers: converted.report.layers,
    nodes: nodes.length,
    transposes: nodes.filter(({ op }) => op === "Transpose").length,
    outputs,
    ...(first && { first: `${first.node} (${first.op})` }),
  };
}

async function sourceOf({ from, file }: PublishedModel) {
  const folder = typeof from === "string" ? await packageFolder(from) : join(packageRoot(), from.folder);
  return file.endsWith(".json") ? join(folder, file) : readScriptModel(join(folder, file));
}

/** A photograph for the graph's input of images. */
async function photographed({ graph }: Converted, { file, low, high }: Photograph): Promise<Record<string, Values>> {
  const image = graph.inputs.find(({ shape }) => shape.length === 4 && shape[3] === 3);
  if (!image) throw new Error(`${graph.name} takes no image [N, H, W, 3]`);
  const [height, width] = image.shape.slice(1, 3).map((extent) => (typeof extent === "number" ? extent : FREE));
  const bytes = await sharp(join(packageRoot(), "samples", file))
    .removeAlpha()
    .resize(width, height)
    .raw()
    .toBuffer();
  const data = Float32Array.from(bytes, (byte) => low + ((high - low) * byte) / 255);
  return { [image.name]: { dtype: image.dtype, shape: [1, height!, width!, 3], data } };
}
