import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import type { Graph } from "../graph/types.js";
import { onnxFiles } from "../write/external.js";

export interface WriteOptions {
  /** Whether weights lie in OUT.onnx.data; where one file cannot hold them they do in any case. */
  externalData?: boolean;
  /** Whether a file in the way is replaced. */
  force?: boolean;
}

/** ONNX files that are written whole, but do not stand in their place yet. */
export interface StagedModel {
  /** Of the ONNX file where it lies now: it can be loaded from here. */
  path: string;
  /** Of the files where they will lie. */
  files: { path: string; bytes: number }[];
  /** Puts the files in their place. */
  commit(): Promise<void>;
  /** Removes them. */
  discard(): Promise<void>;
}

/** @throws ShowtellError FILE_EXISTS where a file is in the way and may not be replaced */
export function checkOutput(path: string, options: WriteOptions = {}): void {
  const taken = [path, `${path}.data`].find((file) => existsSync(file));
  if (options.force || !taken) return;
  throw new ShowtellError("FILE_EXISTS", `${taken} is there already; --force replaces it.`);
}

/**
 * Writes a graph as an ONNX file, into a folder beside its place: what stands there changes with `commit`, at once.
 * @throws ShowtellError FILE_EXISTS, DISK_FULL
 */
export async function stageModel(path: string, graph: Graph, options: WriteOptions = {}): Promise<StagedModel> {
  checkOutput(path, options);
  const name = basename(path);
  const folder = join(dirname(path), `.${name}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
  const discard = () => rm(folder, { recursive: true, force: true });
  const files = onnxFiles(graph, name, options.externalData);
  const place = (file: string) => join(dirname(path), file);
  try {
    for (const file of files) await writeFileAtomic(join(folder, file.name), file.parts);
  } catch (error) {
    await discard();
    throw error;
  }
  return {
    path: join(folder, name),
    files: files.map((file) => ({ path: place(file.name), bytes: file.bytes })),
    discard,
    commit: async () => {
      try {
        // The weights first: an ONNX file never stands there without them.
        for (const file of files.toReversed()) await rename(join(folder, file.name), place(file.name));
        if (files.length === 1) await rm(`${path}.data`, { force: true });
      } finally {
        await discard();
      }
    },
  };
}
