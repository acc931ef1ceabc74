import type { io } from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import { float16ToFloat32 } from "../graph/float16.js";
import { allocate, bytesOf, sizeOf } from "../graph/tensor.js";
import type { DType, Tensor } from "../graph/types.js";

const DTYPES: Record<string, Exclude<DType, "string">> = {
  float32: "float32",
  int32: "int32",
  bool: "bool",
  uint8: "uint8",
  float16: "float16",
  uint16: "uint16",
};

/** A weight as the file holds it; read on demand, so that unused weights cost nothing. */
export interface StoredWeight {
  name: string;
  read(): Tensor;
}

/**
 * Lists the weights of tfjs artifacts, in the order of the file. Quantised ones are widened to their own type.
 * @throws ShowtellError CONVERT_INVALID_MODEL
 */
export function readWeights(specs: io.WeightsManifestEntry[], data: ArrayBuffer | ArrayBuffer[]): StoredWeight[] {
  const bytes = joined(data);
  let offset = 0;
  if (!Array.isArray(specs)) throw new ShowtellError("CONVERT_INVALID_MODEL", "The list of weights is no list.");
  const weights = specs.map((spec, i): StoredWeight => {
    if (typeof spec?.name !== "string") throw invalid(`number ${i}`, "it has no name");
    const fits = Array.isArray(spec.shape) && spec.shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (!fits) throw invalid(spec.name, "its shape is malformed");
    const size = sizeOf(spec.shape);
    if (spec.dtype === "string") {
      const strings = readStrings(bytes, offset, size, spec.name);
      offset = strings.end;
      return { name: spec.name, read: () => ({ dtype: "string", shape: spec.shape, data: strings.values }) };
    }
    const stored = dtypeOf(spec.quantization?.dtype ?? spec.dtype, spec.name);
    const length = size * bytesOf(stored);
    if (!Number.isSafeInteger(length) || offset + length > bytes.length) {
      throw invalid(spec.name, `it takes ${length} bytes at ${offset}, the file has ${bytes.length}`);
    }
    const part = bytes.subarray(offset, offset + length);
    offset += length;
    return { name: spec.name, read: () => widen(spec, stored, part, size) };
  });
  if (offset !== bytes.length) {
    throw new ShowtellError(
      "CONVERT_INVALID_MODEL",
      `The weights take ${offset} bytes, but there are ${bytes.length}: a part is missing or of another model.`,
    );
  }
  return weights;
}

/** Texts in UTF-8, each behind its length in 4 bytes. */
function readStrings(bytes: Uint8Array, start: number, count: number, name: string) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  const values: string[] = [];
  let end = start;
  while (values.length < count) {
    const from = end + 4;
    end = from <= bytes.length ? from + view.getUint32(end, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw invalid(name, `text ${values.length} ends behind the file`);
    values.push(decoder.decode(bytes.subarray(from, end)));
  }
  return { values, end };
}

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

function dtypeOf(dtype: string, name: string): Exclude<DType, "string"> {
  const found = Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!found) throw new ShowtellError("CONVERT_UNSUPPORTED", `Weight "${name}": type ${dtype} is not supported.`);
  return found;
}

function widen(
  spec: io.WeightsManifestEntry,
  stored: Exclude<DType, "string">,
  bytes: Uint8Array,
  size: number,
): Tensor {
  const dtype = dtypeOf(spec.dtype, spec.name);
  const values = view(stored, bytes, size);
  if (!spec.quantization) return { dtype, shape: spec.shape, data: values };
  if (stored === "float16") {
    return { dtype: "float32", shape: spec.shape, data: float16ToFloat32(values as Uint16Array) };
  }
  const { scale, min } = spec.quantization as { scale?: number; min?: number };
  if (typeof scale !== "number" || typeof min !== "number") throw invalid(spec.name, "its scale is missing");
  const wide = allocate(dtype, size) as Float32Array;
  // As tfjs decodes: float32 values are value * scale + min, integers are rounded.
  for (let i = 0; i < size; i++) {
    const value = (values as Uint8Array)[i]! * scale + min;
    wide[i] = dtype === "float32" ? value : Math.round(value);
  }
  return { dtype, shape: spec.shape, data: wide };
}

/** A typed view of bytes; copied only where they are not aligned. */
function view(dtype: Exclude<DType, "string">, bytes: Uint8Array, size: number): Exclude<Tensor["data"], string[]> {
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
