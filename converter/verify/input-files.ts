import { readFile } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";
import { readZip } from "../../files/zip.js";
import { sizeOf } from "../graph/tensor.js";
import type { Values } from "./values.js";

/**
 * Reads a tensor: NumPy's .npy, or JSON with a number or nested lists.
 * @throws ShowtellError FILE_NOT_FOUND, USAGE
 */
export async function readValues(path: string): Promise<Values> {
  return read(
    path,
    "no tensor in .npy or JSON",
    (file) => readFile(file),
    (bytes) =>
      bytes.subarray(0, 6).toString("latin1") === "\x93NUMPY" ? readNpy(bytes) : readJson(bytes.toString("utf8")),
  );
}

/**
 * Reads the tensors of NumPy's .npz by their names.
 * @throws ShowtellError FILE_NOT_FOUND, USAGE
 */
export async function readArchive(path: string): Promise<Record<string, Values>> {
  return read(path, "no .npz of tensors", readZip, (members) =>
    Object.fromEntries([...members].map(([name, content]) => [name.replace(/\.npy$/, ""), readNpy(content)] as const)),
  );
}

async function read<C, T>(
  path: string,
  fault: string,
  load: (path: string) => Promise<C>,
  parse: (content: C) => T,
): Promise<T> {
  try {
    return parse(await load(path));
  } catch (error) {
    if (error instanceof Error && "syscall" in error) {
      throw new ShowtellError("FILE_NOT_FOUND", `${path} cannot be read: ${error.message}`, { cause: error });
    }
    const reason = error instanceof Error ? error.message : String(error);
    throw new ShowtellError("USAGE", `${path} is ${fault}: ${reason}.`, { cause: error });
  }
}

type Reader = (view: DataView, at: number) => number | bigint;

/** NumPy's names of types, without the mark for the order of bytes. */
const NPY: Record<string, { dtype: string; bytes: number; read: Reader }> = {
  f4: { dtype: "float32", bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  f8: { dtype: "float64", bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  i1: { dtype: "int8", bytes: 1, read: (view, at) => view.getInt8(at) },
  u1: { dtype: "uint8", bytes: 1, read: (view, at) => view.getUint8(at) },
  i2: { dtype: "int16", bytes: 2, read: (view, at) => view.getInt16(at, true) },
  u2: { dtype: "uint16", bytes: 2, read: (view, at) => view.getUint16(at, true) },
  i4: { dtype: "int32", bytes: 4, read: (view, at) => view.getInt32(at, true) },
  u4: { dtype: "uint32", bytes: 4, read: (view, at) => view.getUint32(at, true) },
  i8: { dtype: "int64", bytes: 8, read: (view, at) => view.getBigInt64(at, true) },
  b1: { dtype: "bool", bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function readNpy(bytes: Buffer): Values {
  const start = bytes[6] === 1 ? 10 : 12;
  const end = start + (bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  const header = bytes.toString("latin1", start, end);
  const descr = /'descr':\s*'([<>|=])(\w\d+)'/.exec(header);
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(header);
  const type = descr && Object.hasOwn(NPY, descr[2]!) ? NPY[descr[2]!] : undefined;
  if (!type || !dims || descr![1] === ">") throw new Error(`its type or shape is not supported (${header.trim()})`);
  if (/'fortran_order':\s*True/.test(header)) throw new Error("it is in Fortran's order: save np.ascontiguousarray(x)");
  const shape = dims[1]!.split(",").flatMap((text) => (text.trim() === "" ? [] : [Number(text)]));
  const size = sizeOf(shape);
  if (bytes.length - end !== size * type.bytes) throw new Error(`${bytes.length - end} bytes for [${shape}]`);
  const view = new DataView(bytes.buffer, bytes.byteOffset + end);
  return {
    dtype: type.dtype,
    shape,
    data: Array.from({ length: size }, (_, i) => type.read(view, i * type.bytes)) as number[],
  };
}

function readJson(text: string): Values {
  const json: unknown = JSON.parse(text);
  const shape: number[] = [];
  for (let level = json; Array.isArray(level); level = level[0]) shape.push(level.length);
  const data = flat(json, shape);
  const [first] = data;
  if (!data.every((value) => typeof value === typeof first && /number|string|boolean/.test(typeof value))) {
    throw new Error("its elements are not all numbers, all words or all truth values");
  }
  const dtype = typeof first === "string" ? "string" : typeof first === "boolean" ? "bool" : "float32";
  return { dtype, shape, data: (dtype === "bool" ? data.map(Number) : data) as number[] };
}

function flat(json: unknown, shape: readonly number[]): unknown[] {
  if (shape.length === 0) return [json];
  if (!Array.isArray(json) || json.length !== shape[0]) throw new Error("its lists are not all of one length");
  return json.flatMap((entry) => flat(entry, shape.slice(1)));
}
