import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { decode } from "./formats/text-lines.js";
import { FORMATS } from "./registry.js";
import type { DatasetFormat } from "./types.js";

const HEAD_BYTES = 65536;

export interface FoundCaptions {
  format: DatasetFormat;
  files: string[];
  notes: string[];
}

/**
 * The caption file (or files) at a path, and their format.
 * @throws ShowtellError FILE_NOT_FOUND, DATASET_FORMAT where nothing or no one thing is recognised, USAGE
 */
export async function findCaptions(path: string, formatName?: string): Promise<FoundCaptions> {
  const wanted = formatName === undefined ? FORMATS : FORMATS.filter(({ name }) => name === formatName);
  if (wanted.length === 0) {
    throw new ShowtellError(
      "USAGE",
      `No data set format "${formatName}": ${FORMATS.map(({ name }) => name).join(", ")}, scenes.`,
    );
  }
  const info = await stat(path).catch(() => undefined);
  if (!info) throw new ShowtellError("FILE_NOT_FOUND", `${path} does not exist.`);
  if (!info.isDirectory()) {
    const head = await readHead(path);
    // A format that was named is taken at its word: its reader says what is wrong.
    const format = formatName === undefined ? wanted.find((candidate) => candidate.recognises(path, head)) : wanted[0];
    if (!format) throw unrecognised(path, [basename(path)]);
    return { format, files: [path], notes: [] };
  }
  return await findInFolder(path, wanted);
}

async function findInFolder(folder: string, wanted: DatasetFormat[]): Promise<FoundCaptions> {
  const listed: string[] = [];
  for (const part of [folder, join(folder, "annotations")]) {
    const names = await readdir(part).catch(() => []);
    listed.push(
      ...names
        .filter((name) => /\.(txt|token|json|jsonl|ndjson|csv|tsv)$/i.test(name))
        .sort()
        .map((name) => join(part, name)),
    );
  }
  const heads = new Map<string, string>();
  for (const file of listed) heads.set(file, await readHead(file));
  const found = wanted
    .map((format) => ({ format, files: listed.filter((file) => format.recognises(file, heads.get(file)!)) }))
    .filter(({ files }) => files.length > 0);
  if (found.length === 0)
    throw unrecognised(
      folder,
      listed.map((file) => basename(file)),
    );
  const [{ format, files }, ...others] = found;
  if (files.length > 1 && !format.joins) {
    const names = files.map((file) => basename(file)).join(", ");
    throw new ShowtellError(
      "DATASET_FORMAT",
      `${folder} holds several ${format.name} files: ${names}. Name the one that is meant.`,
    );
  }
  const notes = others.map(
    (other) =>
      `also found, not used: ${other.files.map((file) => basename(file)).join(", ")} (--format ${other.format.name})`,
  );
  return { format, files, notes };
}

function unrecognised(path: string, names: string[]): ShowtellError {
  const known = FORMATS.map(({ name, description }) => `  ${name}: ${description}`).join("\n");
  const seen = names.length > 0 ? `found ${names.slice(0, 8).join(", ")}` : "it holds no text, JSON or CSV file";
  return new ShowtellError(
    "DATASET_FORMAT",
    `${path} is no data set in a known format (${seen}). Known are:\n${known}`,
  );
}

async function readHead(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
