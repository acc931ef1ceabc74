import type { DType, Tensor, TensorData } from "./types.js";

/** Number of elements. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function float32(data: ArrayLike<number>, shape: number[] = [data.length]): Tensor {
  return { dtype: "float32", shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

/** int64 [n], as shapes, axes and pads are given. */
export function int64(values: readonly (number | bigint)[], shape: number[] = [values.length]): Tensor {
  return { dtype: "int64", shape, data: BigInt64Array.from(values, BigInt) };
}

/** One number of a type, shape []. */
export function scalar(value: number, dtype: DType = "float32"): Tensor {
  return { dtype, shape: [], data: fill(dtype, 1, value) };
}

const BYTES: Record<Exclude<DType, "string">, number> = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
};

/** Bytes of an element; strings have no fixed size. */
export function bytesOf(dtype: Exclude<DType, "string">): number {
  return BYTES[dtype];
}

/** An empty typed array for elements of a type. */
export function allocate(dtype: Exclude<DType, "string">, size: number): Exclude<TensorData, string[]> {
  switch (dtype) {
    case "float32":
      return new Float32Array(size);
    case "float64":
      return new Float64Array(size);
    case "int8":
      return new Int8Array(size);
    case "uint8":
    case "bool":
      return new Uint8Array(size);
    case "int16":
      return new Int16Array(size);
    case "uint16":
    case "float16":
    case "bfloat16":
      return new Uint16Array(size);
    case "int32":
      return new Int32Array(size);
    case "uint32":
      return new Uint32Array(size);
    case "int64":
      return new BigInt64Array(size);
    case "uint64":
      return new BigUint64Array(size);
  }
}

function fill(dtype: DType, size: number, value: number): TensorData {
  if (dtype === "string") return Array<string>(size).fill(String(value));
  const data = allocate(dtype, size);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return data.fill(BigInt(value));
  return data.fill(value);
}

/** A constant of one value. */
export function full(shape: number[], value: number, dtype: DType = "float32"): Tensor {
  return { dtype, shape, data: fill(dtype, sizeOf(shape), value) };
}

/** The elements of a small integer constant as numbers. */
export function toNumbers(tensor: Tensor): number[] {
  return Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

export function reshaped(tensor: Tensor, shape: number[]): Tensor {
  return { ...tensor, shape };
}

/** A constant with its axes in another order: result axis i is axis `order[i]` of the source. */
export function transposed(tensor: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => tensor.shape[axis]!);
  const size = sizeOf(shape);
  const rank = order.length;
  const source = tensor.data as Float32Array;
  const target = (tensor.dtype === "string"
    ? Array<string>(size)
    : allocate(tensor.dtype, size)) as unknown as Float32Array;
  if (rank === 0) return { ...tensor };
  const sourceStrides = stridesOf(tensor.shape);
  const strides = order.map((axis) => sourceStrides[axis]!);
  const last = rank - 1;
  const [lastExtent, lastStride] = [shape[last]!, strides[last]!];
  const index = new Array<number>(rank).fill(0);
  let offset = 0;
  for (let at = 0; at < size; ) {
    for (let i = 0, from = offset; i < lastExtent; i++, from += lastStride) target[at++] = source[from]!;
    let axis = last - 1;
    for (; axis >= 0; axis--) {
      offset += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      offset -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
    if (axis < 0) break;
  }
  return { dtype: tensor.dtype, shape, data: target };
}

/** Elements between neighbours along each axis, in row-major order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  return strides;
}
