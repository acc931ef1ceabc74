import { ShowtellError } from "../../errors/index.js";
import type { GraphFile, GraphRole, Manifest, Precision, StoredFile } from "../core/index.js";
import { graphPath, storedBytes } from "./model.js";
import type { GraphSource } from "./session.js";

type Sources = Record<"encoder" | "decoder", GraphSource> & { captioner?: GraphSource };

/**
 * What a worker opens a model's graphs from: their paths, or, with `inMemory`, their bytes, and then those of the whole
 * captioner too where the model has it. Each file is read once: what holds weights of several graphs is one array.
 * @throws ShowtellError MODEL_INVALID without encoder or decoder in that precision, MODEL_ALTERED
 */
export async function graphSources(
  folder: string,
  { graphs }: Manifest,
  precision: Precision,
  inMemory = false,
): Promise<Sources> {
  const file = (role: GraphRole): GraphFile => {
    const graph = graphs[role]?.[precision];
    if (graph) return graph;
    throw new ShowtellError("MODEL_INVALID", `${folder} has no ${role} in ${precision}.`);
  };
  if (!inMemory) {
    return { encoder: await graphPath(folder, file("encoder")), decoder: await graphPath(folder, file("decoder")) };
  }
  const read = new Map<string, Uint8Array>();
  const bytes = async (stored: StoredFile): Promise<Uint8Array> => {
    const found = read.get(stored.file) ?? (await storedBytes(folder, stored));
    read.set(stored.file, found);
    return found;
  };
  const source = async (role: GraphRole): Promise<GraphSource> => {
    const { externalData, ...graph } = file(role);
    const own = await bytes(graph);
    if (!externalData) return own;
    const weights: { path: string; data: Uint8Array }[] = [];
    for (const stored of externalData) weights.push({ path: stored.file, data: await bytes(stored) });
    return { graph: own, externalData: weights };
  };
  return {
    encoder: await source("encoder"),
    decoder: await source("decoder"),
    ...(graphs.captioner?.[precision] && { captioner: await source("captioner") }),
  };
}
