import type { io } from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { float16ToFloat32 } from "../graph/float16.js";
import { allocate, bytesOf, sizeOf } from "../graph/tensor.js";
import type { DType, Tensor } from "../graph/types.js";

type Numeric = Exclude<DType, "string">;

/** Types that tfjs gives a weight. */
const DTYPES: Record<string, DType> = { float32: "float32", int32: "int32", bool: "bool", string: "string" };

/** Types that quantised numbers are stored in. */
const QUANTIZED: Record<string, Numeric> = { uint8: "uint8", uint16: "uint16", float16: "float16" };

/** A weight as the file holds it; read on demand, so that unused weights cost nothing. */
export interface StoredWeight {
  name: string;
  read(): Tensor;
}

/**
 * Lists the weights of tfjs artifacts, in the order of the file. Quantised ones are widened to their own type.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED
 */
export function readWeights(specs: io.WeightsManifestEntry[], data: ArrayBuffer | ArrayBuffer[]): StoredWeight[] {
  const bytes = joined(data);
  if (!Array.isArray(specs)) throw new ShowtellError("CONVERT_INVALID_MODEL", "The list of weights is no list.");
  let offset = 0;
  const weights = specs.map((spec, i): StoredWeight => {
    if (typeof spec?.name !== "string") throw invalid(`number ${i}`, "it has no name");
    const length = weightBytes(spec) ?? stringBytes(spec, bytes, offset);
    if (!Number.isSafeInteger(length) || offset + length > bytes.length) {
      throw invalid(spec.name, `it takes ${length} bytes at ${offset}, the file has ${bytes.length}`);
    }
    const part = bytes.subarray(offset, offset + length);
    offset += length;
    return { name: spec.name, read: () => decode(spec, part) };
  });
  if (offset !== bytes.length) {
    throw new ShowtellError(
      "CONVERT_INVALID_MODEL",
      `The weights take ${offset} bytes, but there are ${bytes.length}: a part is missing or of another model.`,
    );
  }
  return weights;
}

/**
 * Bytes that a weight takes by its specification alone; undefined for strings, which say their lengths one by one.
 * @throws ShowtellError CONVERT_INVALID_MODEL, CONVERT_UNSUPPORTED
 */
export function weightBytes(spec: io.WeightsManifestEntry): number | undefined {
  const fits = Array.isArray(spec.shape) && spec.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (!fits) throw invalid(spec.name, "its shape is malformed");
  const size = sizeOf(spec.shape);
  if (spec.quantization) return size * bytesOf(storedType(spec));
  // Real and imaginary part; refused once it is read.
  if ((spec.dtype as string) === "complex64") return size * 8;
  const dtype = typeOf(spec);
  return dtype === "string" ? undefined : size * bytesOf(dtype);
}

function stringBytes({ name, shape }: io.WeightsManifestEntry, bytes: Uint8Array, offset: number): number {
  const size = sizeOf(shape);
  const view = viewOf(bytes);
  let length = 0;
  for (let i = 0; i < size; i++) {
    if (offset + length + 4 > bytes.length) throw invalid(name, `string ${i} of ${size} lies beyond the file's end`);
    length += 4 + view.getUint32(offset + length, true);
  }
  return length;
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function joined(data: ArrayBuffer | ArrayBuffer[]): Uint8Array {
  if (!Array.isArray(data)) return new Uint8Array(data);
  if (data.length === 1) return new Uint8Array(data[0]!);
  const whole = new Uint8Array(data.reduce((total, part) => total + part.byteLength, 0));
  let at = 0;
  for (const part of data) {
    whole.set(new Uint8Array(part), at);
    at += part.byteLength;
  }
  return whole;
}

function typeOf({ dtype, name }: io.WeightsManifestEntry): DType {
  const found = Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!found) throw new ShowtellError("CONVERT_UNSUPPORTED", `Weight "${name}": type ${dtype} is not supported.`);
  return found;
}

function storedType({ quantization, name }: io.WeightsManifestEntry): Numeric {
  const dtype = String(quantization?.dtype);
  const found = Object.hasOwn(QUANTIZED, dtype) ? QUANTIZED[dtype] : undefined;
  if (!found) throw invalid(name, `it is quantised as ${dtype}, which is none of ${Object.keys(QUANTIZED).join(", ")}`);
  return found;
}

function decode(spec: io.WeightsManifestEntry, bytes: Uint8Array): Tensor {
  const dtype = typeOf(spec);
  const { shape } = spec;
  const size = sizeOf(shape);
  if (spec.quantization) return { dtype, shape, data: widen(spec, dtype, bytes, size) };
  if (dtype === "string") return { dtype, shape, data: strings(bytes, size) };
  return { dtype, shape, data: view(dtype, bytes, size) };
}

/** As tfjs decodes: float32 values are value * scale + min, integers are rounded; nothing else is ever quantised. */
function widen(
  spec: io.WeightsManifestEntry,
  dtype: DType,
  bytes: Uint8Array,
  size: number,
): Float32Array | Int32Array {
  const stored = storedType(spec);
  const whole = dtype === "int32";
  if (dtype !== "float32" && !(whole && stored !== "float16")) {
    throw invalid(spec.name, `${dtype} cannot be quantised as ${stored}`);
  }
  const values = view(stored, bytes, size) as Uint16Array;
  if (stored === "float16") return float16ToFloat32(values);
  const { scale, min } = spec.quantization as { scale?: number; min?: number };
  if (typeof scale !== "number" || typeof min !== "number") throw invalid(spec.name, "its scale is missing");
  const wide = whole ? new Int32Array(size) : new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const value = values[i]! * scale + min;
    wide[i] = whole ? Math.round(value) : value;
  }
  return wide;
}

const decoder = new TextDecoder();

function strings(bytes: Uint8Array, size: number): string[] {
  const lengths = viewOf(bytes);
  let at = 0;
  return Array.from({ length: size }, () => {
    const length = lengths.getUint32(at, true);
    at += 4 + length;
    return decoder.decode(bytes.subarray(at - length, at));
  });
}

/** A typed view of bytes; copied only where they are not aligned. */
function view(dtype: Numeric, bytes: Uint8Array, size: number): Exclude<Tensor["data"], string[]> {
  const TypedArray = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    offset: number,
    length: number,
  ) => Float32Array;
  if (bytes.byteOffset % bytesOf(dtype) === 0) return new TypedArray(bytes.buffer, bytes.byteOffset, size);
  return new TypedArray(bytes.slice().buffer, 0, size);
}

function invalid(name: string, reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `Weight "${name}": ${reason}.`);
}
