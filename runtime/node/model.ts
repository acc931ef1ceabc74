import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { sha256, sha256File } from "../../files/hash.js";
import {
  type GraphFile,
  type Manifest,
  modelFaults,
  type Precision,
  parseManifest,
  parseTokenizer,
  type StoredFile,
  type Tokenizer,
} from "../core/index.js";

/** A model folder whose manifest and tokenizer were read and checked. */
export interface Model {
  folder: string;
  manifest: Manifest;
  tokenizer: Tokenizer;
}

/** Precisions in the order of preference. */
const PRECISIONS: Precision[] = ["fp32", "fp16", "int8"];

/**
 * Reads a model folder: manifest, tokenizer (size, sha256, special tokens) and what its graphs promise. The graph files
 * themselves are checked by `graphPath`, when they are used.
 * @throws ShowtellError FILE_NOT_FOUND, MODEL_INVALID, MODEL_ALTERED
 */
export async function loadModel(folder: string): Promise<Model> {
  const manifest = parseManifest(await readManifest(folder));
  const tokenizer = parseTokenizer(await readStored(folder, manifest.tokenizer));
  const faults = modelFaults(manifest, tokenizer);
  if (faults.length > 0) {
    throw new ShowtellError("MODEL_INVALID", `The graphs of ${folder} are not a captioner's: ${faults.join("; ")}.`);
  }
  return { folder, manifest, tokenizer };
}

/**
 * The precision to run in: the one asked for, or the best that both graphs have.
 * @throws ShowtellError USAGE if the model does not have it
 */
export function choosePrecision({ folder, manifest }: Model, asked?: Precision): Precision {
  const { encoder, decoder } = manifest.graphs;
  const available = PRECISIONS.filter((precision) => encoder[precision] && decoder[precision]);
  const chosen = asked ? available.find((precision) => precision === asked) : available[0];
  if (chosen) return chosen;
  const has = available.join(", ") || "no precision in both encoder and decoder";
  if (!asked) throw new ShowtellError("MODEL_INVALID", `${folder} has ${has}.`);
  throw new ShowtellError("USAGE", `${folder} has no ${asked}; it has ${has}.`);
}

/**
 * Path of a graph, after its size and sha256, and those of the files that hold its weights, were compared with the
 * manifest.
 * @throws ShowtellError MODEL_ALTERED
 */
export async function graphPath(folder: string, graph: GraphFile): Promise<string> {
  for (const { file, bytes, sha256 } of [graph, ...(graph.externalData ?? [])]) {
    const path = join(folder, file);
    await checkSize(path, bytes);
    checkHash(path, sha256, await sha256File(path));
  }
  return join(folder, graph.file);
}

/**
 * A file's bytes, after size and sha256 were compared with the manifest.
 * @throws ShowtellError MODEL_ALTERED
 */
export async function storedBytes(folder: string, stored: StoredFile): Promise<Uint8Array> {
  const path = join(folder, stored.file);
  await checkSize(path, stored.bytes);
  const content = await readFile(path);
  checkHash(path, stored.sha256, sha256(content));
  return content;
}

async function readManifest(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, "model.json"), "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const exists = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!exists) throw new ShowtellError("FILE_NOT_FOUND", `There is no model folder ${folder}.`, { cause: error });
    const why = code === "ENOENT" ? "it has no model.json" : `model.json cannot be read (${code})`;
    throw new ShowtellError("MODEL_INVALID", `${folder} is not a model folder: ${why}.`, { cause: error });
  }
}

async function readStored(folder: string, stored: StoredFile): Promise<string> {
  return Buffer.from(await storedBytes(folder, stored)).toString("utf8");
}

async function checkSize(path: string, bytes: number): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    throw new ShowtellError("MODEL_ALTERED", `${path} is missing.`, { cause: error });
  });
  if (found.size !== bytes) {
    throw new ShowtellError("MODEL_ALTERED", `${path} has ${found.size} bytes; model.json says ${bytes}.`);
  }
}

function checkHash(path: string, expected: string, found: string): void {
  if (found !== expected) {
    throw new ShowtellError("MODEL_ALTERED", `${path} has the sha256 ${found}; model.json says ${expected}.`);
  }
}
