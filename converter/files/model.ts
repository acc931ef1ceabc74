import { open, readFile, stat } from "node:fs/promises";
import { dirname, join, win32 } from "node:path";
import type { io } from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { type ModelKind, modelKind } from "../read/kind.js";
import { readWeights, weightBytes } from "../read/weights.js";

/** A tfjs model as it lies on disk. */
export interface ModelFiles {
  /** Of its model.json. */
  path: string;
  kind: ModelKind;
  /** As tfjs's own loaders give them, with everything that model.json says. */
  artifacts: io.ModelArtifacts & { weightSpecs: io.WeightsManifestEntry[]; weightData: ArrayBuffer };
  /** The bytes of model.json. */
  json: Uint8Array;
}

/** Bytes that are read at once: more than 2 GiB is more than one call can read. */
const CHUNK = 2 ** 30;

/**
 * Reads a layers-model or a graph-model: its model.json (or the folder that holds it) and the shards named there.
 * @throws ShowtellError FILE_NOT_FOUND, CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED
 */
export async function openModel(given: string): Promise<ModelFiles> {
  const path = await modelPath(given);
  const json = await readFile(path).catch((error: Error) => {
    throw new ShowtellError("FILE_NOT_FOUND", `${path} cannot be read: ${error.message}`, { cause: error });
  });
  const { weightsManifest, ...rest } = parse(path, json);
  try {
    const kind = modelKind(rest);
    const groups = readManifest(weightsManifest);
    const weightSpecs = groups.flatMap(({ weights }) => weights);
    const weightData = await readShards(dirname(path), groups);
    readWeights(weightSpecs, weightData);
    return { path, kind, artifacts: { ...rest, weightSpecs, weightData }, json };
  } catch (error) {
    if (!(error instanceof ShowtellError)) throw error;
    throw new ShowtellError(error.code, `${path}: ${error.message}`, { cause: error });
  }
}

async function modelPath(given: string): Promise<string> {
  const found = await stat(given).catch((error: Error) => {
    throw new ShowtellError("FILE_NOT_FOUND", `${given} cannot be read: ${error.message}`, { cause: error });
  });
  return found.isDirectory() ? join(given, "model.json") : given;
}

type ModelJson = Partial<Omit<io.ModelJSON, "weightsManifest">> & { weightsManifest?: unknown };

function parse(path: string, bytes: Uint8Array): ModelJson {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new ShowtellError(
      "CONVERT_INVALID_MODEL",
      `${path} is not JSON: name the model.json of a TensorFlow.js model.`,
      {
        cause: error,
      },
    );
  }
  if (typeof json === "object" && json !== null && !Array.isArray(json)) return json;
  throw new ShowtellError("CONVERT_INVALID_MODEL", `${path} holds no JSON object.`);
}

/** Weights that lie one after the other in some files. */
interface Group {
  paths: string[];
  weights: io.WeightsManifestEntry[];
}

function readManifest(manifest: unknown): Group[] {
  if (!Array.isArray(manifest)) throw invalid("it has no weightsManifest");
  const seen = new Set<string>();
  for (const [i, group] of manifest.entries()) {
    const named = (weight: unknown) => typeof (weight as { name?: unknown } | null)?.name === "string";
    if (!Array.isArray(group?.paths) || !Array.isArray(group.weights) || !group.weights.every(named)) {
      throw invalid(`group ${i} of weights is malformed`);
    }
    for (const name of group.paths) {
      if (!isPlain(name)) throw invalid(`${JSON.stringify(name)} is no path of a shard within the model's folder`);
      // A file that names one shard a thousand times would be read a thousand times.
      if (seen.has(name)) throw invalid(`shard "${name}" is named twice`);
      seen.add(name);
    }
  }
  return manifest;
}

/** A path that stays in the folder on every system. */
function isPlain(name: unknown): name is string {
  if (typeof name !== "string" || name === "" || name.includes("\0") || win32.isAbsolute(name)) return false;
  return !/^[a-z][a-z\d+.-]*:/i.test(name) && !name.split(/[/\\]/).includes("..");
}

async function readShards(folder: string, groups: Group[]): Promise<ArrayBuffer> {
  const files: { name: string; size: number }[] = [];
  for (const { paths, weights } of groups) {
    let held = 0;
    for (const name of paths) {
      const found = await stat(join(folder, name)).catch((error: Error) => {
        throw new ShowtellError("FILE_NOT_FOUND", `shard "${name}" cannot be read: ${error.message}`, { cause: error });
      });
      if (!found.isFile()) throw invalid(`shard "${name}" is no file`);
      files.push({ name, size: found.size });
      held += found.size;
    }
    checkSize(paths, held, weights);
  }
  const bytes = allocate(files.reduce((sum, { size }) => sum + size, 0));
  let at = 0;
  for (const { name, size } of files) {
    await fill(join(folder, name), new Uint8Array(bytes, at, size), name);
    at += size;
  }
  return bytes;
}

/** Sizes are compared before anything is read. */
function checkSize(paths: string[], held: number, weights: io.WeightsManifestEntry[]): void {
  const sizes = weights.map((spec) => weightBytes(spec));
  if (sizes.includes(undefined)) return;
  const wanted = sizes.reduce<number>((sum, size) => sum + size!, 0);
  if (wanted === held) return;
  const names = paths.length > 1 ? `${paths[0]} … ${paths.at(-1)}` : String(paths[0] ?? "no file");
  throw invalid(`its weights take ${wanted} bytes of ${names}, which ${paths.length > 1 ? "hold" : "holds"} ${held}`);
}

function allocate(total: number): ArrayBuffer {
  try {
    return new ArrayBuffer(total);
  } catch (error) {
    throw new ShowtellError("CONVERT_UNSUPPORTED", `its weights take ${total} bytes, more than can be held at once`, {
      cause: error,
    });
  }
}

async function fill(path: string, bytes: Uint8Array, name: string): Promise<void> {
  const file = await open(path);
  try {
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(CHUNK, bytes.length - at), at);
      if (bytesRead === 0) throw invalid(`shard "${name}" became shorter while it was read`);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

function invalid(reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `${reason}.`);
}
