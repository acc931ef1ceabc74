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

/** Bits of a weight, its sign among them. */
export type WeightBits = 7 | 8;

/** Magnitude of the largest weight as it is stored. */
const LARGEST: Record<WeightBits, number> = { 7: 64, 8: 127 };

/** A bias stays below this many of its steps, so that sums of int32 have room for it. */
const LARGEST_BIAS = 2 ** 30;

/** uint8 over a range, which is widened to hold zero: padding and Relu need it exactly. */
export function affineOf({ low, high }: Range): Affine {
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const scale = Math.fround((most - least) / 255);
  if (!(scale >= MIN_SCALE)) return { scale: 1, zeroPoint: 0 };
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-least / scale))) };
}

/** Below the smallest normal float32, scales lose their digits. */
const MIN_SCALE = 2 ** -126;

/**
 * Steps of symmetric int8 weights, one for each index along an axis.
 * @param least what each step is at least
 */
export function channelScales(
  { shape, data }: Tensor,
  axis: number,
  bits: WeightBits,
  least?: ArrayLike<number>,
): Float32Array {
  const channels = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const peaks = new Float32Array(channels);
  const values = data as Float32Array;
  for (let i = 0, row = 0; i < values.length; row++) {
    const channel = row % channels;
    for (const end = i + inner; i < end; i++) peaks[channel] = Math.max(peaks[channel]!, Math.abs(values[i]!));
  }
  return peaks.map((peak, channel) => {
    const scale = Math.max(peak / LARGEST[bits], least?.[channel] ?? 0);
    return scale >= MIN_SCALE ? scale : 1;
  });
}

/** int8 weights: each is the nearest multiple of its channel's step. */
export function quantizeWeights(
  { shape, data }: Tensor,
  axis: number,
  scales: Float32Array,
  bits: WeightBits,
): Tensor & { data: Int8Array } {
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const values = data as Float32Array;
  const stored = new Int8Array(values.length);
  const largest = LARGEST[bits];
  for (let i = 0, row = 0; i < values.length; row++) {
    const scale = scales[row % scales.length]!;
    for (const end = i + inner; i < end; i++) {
      stored[i] = Math.min(largest, Math.max(-largest, Math.round(values[i]! / scale)));
    }
  }
  return { dtype: "int8", shape, data: stored };
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

/** Steps that the weights need at least, so that a bias fits its int32: one a channel. */
export function leastScales({ data }: Tensor, input: Affine): Float32Array {
  return Float32Array.from(data as Float32Array, (value) => Math.abs(value) / (LARGEST_BIAS * input.scale));
}

/**
 * What rounding the weights takes from each output on average: the rounding errors times the mean of what they multiply.
 * Added to the bias, it puts the outputs right on average (Nagel et al. 2019, arXiv:1906.04721, section 4.2).
 * @param axis of the outputs in the weights
 * @param means of the channels that the weights sum up: one for each index of the weights' other axis, or, where filters
 *   see a part of the channels each, of all channels
 */
export function roundingShift(
  { shape, data }: Tensor,
  stored: Int8Array,
  scales: Float32Array,
  axis: number,
  means: Float64Array,
): Float64Array {
  const [outputs, other] = [shape[axis]!, shape[1 - axis]!];
  const inner = shape.slice(2).reduce((a, b) => a * b, 1);
  const perGroup = outputs / (means.length / other);
  const values = data as Float32Array;
  const shift = new Float64Array(outputs);
  for (let i = 0, row = 0; i < values.length; row++) {
    const [first, second] = [Math.floor(row / shape[1]!), row % shape[1]!];
    const [output, input] = axis === 0 ? [first, second] : [second, first];
    const mean = means[input + other * Math.floor(output / perGroup)]!;
    let error = 0;
    for (const end = i + inner; i < end; i++) error += values[i]! - stored[i]! * scales[output]!;
    shift[output]! += error * mean;
  }
  return shift;
}
