import type { Tensor } from "../graph/types.js";

/** The least and the greatest value that a tensor takes. */
export interface Range {
  low: number;
  high: number;
}

/** How real numbers are kept in bytes: value = scale x (stored - zeroPoint). */
export interface Affine {
  scale: number;
  /** 0 to 255 */
  zeroPoint: number;
}

/** Below the smallest normal float32, scales lose their digits. */
export const MIN_SCALE = 2 ** -126;

/** A bias stays below this many of its steps, so that sums of int32 have room for it. */
export const LARGEST_BIAS = 2 ** 30;

/** uint8 over a range, which is widened to hold zero: padding and Relu need it exactly. */
export function affineOf({ low, high }: Range): Affine {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / 255);
  if (!(scale >= MIN_SCALE)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-least / scale))) };
}

/** Steps of an int32 bias, so that it adds to products of inputs and weights: one a channel. */
export function biasScales(input: Affine, weights: Float32Array): Float32Array {
  return weights.map((scale) => scale * input.scale);
}

/** @param shift is added first, where it is given */
export function quantizeBias(
  { shape, data }: Tensor,
  scales: Float32Array,
  shift?: ArrayLike<number>,
): Tensor & { data: Int32Array } {
  const values = data as Float32Array;
  const stored = Int32Array.from(scales, (scale, i) => Math.round((values[i]! + (shift?.[i] ?? 0)) / scale));
  return { dtype: "int32", shape, data: stored };
}
