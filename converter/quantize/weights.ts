import type { Tensor } from "../graph/types.js";
import { LARGEST_BIAS, MIN_SCALE } from "./parameters.js";

/** Magnitude of the largest int8 weight; -128 is left out, so that negation stays within. */
const LARGEST = 127;

/**
 * Two neighbours of one sign stay within this sum: x86 processors without VNNI add their products with two bytes in
 * int16, which holds 255 x 128 and no more.
 */
const LARGEST_PAIR = 128;

/** int8 weights: weight = scale x stored, with one scale an output channel. */
export interface StoredWeights {
  stored: Tensor & { data: Int8Array };
  scales: Float32Array;
}

export interface StoreOptions {
  /** What each scale is at least. */
  least?: ArrayLike<number>;
  /** Mean square of what each weight is multiplied with, by input channel: rounding is weighed by it. 1 by default. */
  squares?: ArrayLike<number>;
  /** Whether neighbours are bounded, as x86 processors without VNNI need it. */
  pairs?: boolean;
}

/**
 * Stores the weights of a product as int8. Where neighbours are bounded, each channel takes the scale at which the
 * outputs are off least: large steps round more, small ones cut more neighbours.
 * @param axis of the output channels: 0 in [out, in, spatial …], 1 in [in, out]
 */
export function storeWeights(weights: Tensor, axis: number, options: StoreOptions = {}): StoredWeights {
  const { least, squares, pairs = false } = options;
  const layout = layoutOf(weights.shape, axis);
  const values = weights.data as Float32Array;
  const stored = new Int8Array(values.length);
  const scales = new Float32Array(layout.outputs);
  const [row, weight] = [new Float32Array(layout.summands), new Float64Array(layout.summands).fill(1)];
  const [trial, best] = [new Int8Array(layout.summands), new Int8Array(layout.summands)];
  for (let output = 0; output < layout.outputs; output++) {
    let peak = 0;
    for (let k = 0; k < row.length; k++) {
      row[k] = values[layout.place(output, k)]!;
      peak = Math.max(peak, Math.abs(row[k]!));
      if (squares) weight[k] = squares[layout.channel(output, k, squares.length)]!;
    }
    let lowest = Number.POSITIVE_INFINITY;
    for (const limit of pairs ? LIMITS : [LARGEST]) {
      const wanted = Math.fround(Math.max(peak / limit, least?.[output] ?? 0));
      const scale = wanted >= MIN_SCALE ? wanted : 1;
      const error = roundRow(row, weight, scale, pairs, trial);
      if (error >= lowest) continue;
      lowest = error;
      scales[output] = scale;
      best.set(trial);
    }
    for (let k = 0; k < row.length; k++) stored[layout.place(output, k)] = best[k]!;
  }
  return { stored: { dtype: "int8", shape: weights.shape, data: stored }, scales };
}

/** What the largest weight of a channel may be stored as: at 64 no pair is too large, at 127 the steps are smallest. */
const LIMITS = [64, 72, 80, 88, 96, 104, 112, 120, LARGEST];

/** Rounds a channel's weights into `stored`. Returns the sum of the squared errors, weighed. */
function roundRow(row: Float32Array, weight: Float64Array, scale: number, pairs: boolean, stored: Int8Array): number {
  for (let k = 0; k < row.length; k++) {
    stored[k] = Math.min(LARGEST, Math.max(-LARGEST, Math.round(row[k]! / scale)));
  }
  if (pairs) for (let k = 0; k + 1 < row.length; k += 2) bound(stored, k);
  let error = 0;
  for (let k = 0; k < row.length; k++) error += weight[k]! * (row[k]! - stored[k]! * scale) ** 2;
  return error;
}

/** Takes from both of two neighbours alike what their sum is too large by. */
function bound(stored: Int8Array, k: number): void {
  const sum = stored[k]! + stored[k + 1]!;
  const excess = Math.abs(sum) - LARGEST_PAIR;
  if (excess <= 0) return;
  const sign = Math.sign(sum);
  stored[k]! -= sign * Math.ceil(excess / 2);
  stored[k + 1]! -= sign * Math.floor(excess / 2);
}

interface Layout {
  outputs: number;
  /** Products that make up one output. */
  summands: number;
  /** Where in the tensor a summand's weight stands. Summands are in the order in which onnxruntime adds them up. */
  place(output: number, k: number): number;
  /** The input channel that a summand multiplies, of `channels`. */
  channel(output: number, k: number, channels: number): number;
}

/** onnxruntime sums up a convolution channel by channel at each position of the filter. */
function layoutOf(shape: readonly number[], axis: number): Layout {
  const [outputs, inputs] = [shape[axis]!, shape[1 - axis]!];
  if (axis === 1) {
    return { outputs, summands: inputs, place: (output, k) => k * outputs + output, channel: (_, k) => k };
  }
  const area = shape.slice(2).reduce((a, b) => a * b, 1);
  const summands = inputs * area;
  return {
    outputs,
    summands,
    place: (output, k) => output * summands + (k % inputs) * area + Math.floor(k / inputs),
    channel: (output, k, channels) => (k % inputs) + inputs * Math.floor((output * channels) / (inputs * outputs)),
  };
}

/** Steps that the weights need at least, so that a bias fits its int32: one a channel. */
export function leastScales({ data }: Tensor, inputScale: number): Float32Array {
  return Float32Array.from(data as Float32Array, (value) => Math.abs(value) / (LARGEST_BIAS * inputScale));
}

/**
 * What rounding the weights takes from each output on average: the rounding errors times the mean of what they multiply.
 * Added to the bias, it puts the outputs right on average (Nagel et al. 2019, arXiv:1906.04721, section 4.2).
 * @param means by input channel
 */
export function roundingShift(
  weights: Tensor,
  { stored, scales }: StoredWeights,
  axis: number,
  means: ArrayLike<number>,
): Float64Array {
  const layout = layoutOf(weights.shape, axis);
  const values = weights.data as Float32Array;
  const shift = new Float64Array(layout.outputs);
  for (let output = 0; output < layout.outputs; output++) {
    for (let k = 0; k < layout.summands; k++) {
      const at = layout.place(output, k);
      const error = values[at]! - stored.data[at]! * scales[output]!;
      shift[output]! += error * means[layout.channel(output, k, means.length)]!;
    }
  }
  return shift;
}
