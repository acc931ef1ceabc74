import { readFile } from "node:fs/promises";
import { sha256 } from "../../files/hash.js";
import { float16ToFloat32 } from "./float16.js";
import { invalidWeights, type Weight, type WeightFile } from "./types.js";

/** Same limit as the reference reader of the format. */
const MAX_HEADER_BYTES = 100_000_000;
const BYTES_PER_VALUE: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
};

export interface SafetensorsEntry {
  dtype: string;
  shape: number[];
  /** Position in the whole file. */
  start: number;
  bytes: number;
}

/**
 * Reads and checks the header of a safetensors file (8 bytes little-endian header length, JSON header, data): every
 * tensor lies inside the file, has as many bytes as its shape and type need, and none overlap.
 * @throws ShowtellError WEIGHTS_INVALID
 */
export function parseSafetensors(file: Uint8Array, path: string): Map<string, SafetensorsEntry> {
  if (file.length < 8) throw invalidWeights(path, "it is shorter than a safetensors header");
  const length = new DataView(file.buffer, file.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) throw invalidWeights(path, `the header claims ${length} bytes: no safetensors file`);
  const start = 8 + Number(length);
  if (start > file.length) throw invalidWeights(path, "the file ends inside its header: it is truncated");
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(file.subarray(8, start)));
  } catch (error) {
    throw invalidWeights(path, "the header is not JSON: no safetensors file", error);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    throw invalidWeights(path, "the header is not a JSON object");
  }
  const entries = new Map<string, SafetensorsEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.set(name, checkEntry(value, name, start, file.length, path));
  }
  let end = start;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.start - b.start || a.bytes - b.bytes)) {
    if (entry.start < end) throw invalidWeights(path, `${name} overlaps another tensor`);
    end = entry.start + entry.bytes;
  }
  return entries;
}

function checkEntry(value: unknown, name: string, start: number, fileBytes: number, path: string): SafetensorsEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
  if (typeof dtype !== "string" || !Object.hasOwn(BYTES_PER_VALUE, dtype)) {
    throw invalidWeights(path, `${name} has the unknown type ${JSON.stringify(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw invalidWeights(path, `${name} has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw invalidWeights(path, `${name} has no valid data offsets`);
  }
  const [from, to] = offsets as [number, number];
  const needed = shape.reduce((product: number, size) => product * size, BYTES_PER_VALUE[dtype]!);
  if (to - from !== needed) throw invalidWeights(path, `${name} needs ${needed} bytes and has ${to - from}`);
  if (start + to > fileBytes) throw invalidWeights(path, `${name} lies beyond the end of the file: it is truncated`);
  return { dtype, shape, start: start + from, bytes: needed };
}

/**
 * Opens a safetensors file as float32 weights; F16 and BF16 are widened exactly.
 * @throws ShowtellError WEIGHTS_INVALID
 */
export async function openSafetensors(path: string): Promise<WeightFile> {
  const file = await readFile(path);
  const entries = parseSafetensors(file, path);
  return {
    path,
    sha256: sha256(file),
    names: [...entries.keys()],
    read(name) {
      const entry = entries.get(name);
      if (!entry) throw invalidWeights(path, `it has no weight ${name}`);
      return { shape: entry.shape, data: widen(file, entry, name, path) };
    },
  };
}

function widen(file: Uint8Array, entry: SafetensorsEntry, name: string, path: string): Weight["data"] {
  // Copied, because the data need not be aligned (and a Buffer's `slice` copies nothing).
  const bytes = new Uint8Array(file.subarray(entry.start, entry.start + entry.bytes));
  switch (entry.dtype) {
    case "F32":
      return new Float32Array(bytes.buffer);
    case "F16":
      return float16ToFloat32(new Uint16Array(bytes.buffer));
    case "BF16": {
      const words = new Uint16Array(bytes.buffer);
      return new Float32Array(Uint32Array.from(words, (word) => word * 65536).buffer);
    }
    default:
      throw invalidWeights(path, `${name} has the type ${entry.dtype}; weights must be F32, F16 or BF16`);
  }
}
