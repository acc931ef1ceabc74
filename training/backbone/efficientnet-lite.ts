import * as tf from "@tensorflow/tfjs";
import { openWeights } from "../weights/open.js";
import { readShaped, type Weight, type WeightFile } from "../weights/types.js";
import { Assembly } from "./assemble.js";
import { type Network, PIXELS } from "./network.js";
import { normalize } from "./normalize.js";

/** What tells the networks of the family apart. Width and depth: equation 3 of the paper (w and d). */
export interface LiteVariant {
  name: string;
  /** Height and width of the image in pixels. */
  size: number;
  width: number;
  depth: number;
  notices: string[];
  files: string[];
  published: NonNullable<Network["published"]>;
  obtain: string;
}

/** Of the smallest network, of which the others are multiples. */
const STAGES = [
  { repeats: 1, kernel: 3, stride: 1, expand: 1, channels: 16 },
  { repeats: 2, kernel: 3, stride: 2, expand: 6, channels: 24 },
  { repeats: 2, kernel: 5, stride: 2, expand: 6, channels: 40 },
  { repeats: 3, kernel: 3, stride: 2, expand: 6, channels: 80 },
  { repeats: 3, kernel: 5, stride: 1, expand: 6, channels: 112 },
  { repeats: 4, kernel: 5, stride: 2, expand: 6, channels: 192 },
  { repeats: 1, kernel: 3, stride: 1, expand: 6, channels: 320 },
];
/**
 * A file in circulation whose header says (out, in, height, width) while its values lie in the order (height, width, in,
 * out): the published tensors are strided views, and their storage was saved as it lay. All golden activations and the
 * channels that batch norm knows as dead agree with this reading only.
 */
const STORED_CHANNELS_LAST = "1a6a2cc73f4fcfa2179d6193642c3b53df15f013115b5d672cfe6674077c55eb";
const STEM_CHANNELS = 32;
const HEAD_CHANNELS = 1280;

/**
 * EfficientNet-Lite: M. Tan and Q. Le, arXiv:1905.11946, without squeeze-and-excitation, with ReLU6 and with stem and head of
 * one size for all, as published for devices. Weights under PyTorch's names and layout; batch norm epsilon 1e-3; TensorFlow's
 * SAME padding.
 */
export function efficientNetLite(variant: LiteVariant): Network {
  const { name, size, notices, files, published, obtain } = variant;
  const stages = scaled(variant);
  const last = stages.reduce((sum, stage) => sum + stage.repeats, 0) - 1;
  return {
    name,
    input: { width: size, height: size, resize: "stretch" },
    normalization: "127/128",
    layers: layers(size, stages),
    defaultLayer: "features",
    notices,
    files,
    published,
    obtain,
    recognises: (names) =>
      names.includes("_conv_stem.weight") &&
      names.includes(`_blocks.${last}._project_conv.weight`) &&
      !names.includes(`_blocks.${last + 1}._project_conv.weight`),
    async open(path) {
      const weights = await openWeights(path);
      return { sha256: weights.sha256, build: async (layer) => build(weights, { name, size, stages, layer }) };
    },
  };
}

type Stage = (typeof STAGES)[number];

/** Channels to multiples of 8 that are at least 90 % of the width asked for; the first and the last stage keep their depth. */
function scaled({ width, depth }: LiteVariant): Stage[] {
  return STAGES.map((stage, index) => {
    const wide = stage.channels * width;
    const rounded = Math.max(8, Math.floor((wide + 4) / 8) * 8);
    const channels = rounded < 0.9 * wide ? rounded + 8 : rounded;
    const ends = index === 0 || index === STAGES.length - 1;
    return { ...stage, channels, repeats: ends ? stage.repeats : Math.ceil(stage.repeats * depth) };
  });
}

/** Where it may be cut: the pixels, the last block before each smaller grid, the last block, the head. */
function layers(size: number, stages: Stage[]): Network["layers"] {
  const cuts: Network["layers"] = { [PIXELS]: { grid: [size, size], channels: 3 } };
  let edge = Math.ceil(size / 2);
  let block = -1;
  stages.forEach(({ repeats, stride, channels }, index) => {
    edge = Math.ceil(edge / stride);
    block += repeats;
    const next = stages[index + 1];
    // The first grids are too large to be of use as features.
    if (index >= 2 && (next === undefined || next.stride > 1)) cuts[`block${block}`] = { grid: [edge, edge], channels };
  });
  cuts.features = { grid: [edge, edge], channels: HEAD_CHANNELS };
  return cuts;
}

function build(
  weights: WeightFile,
  { name, size, stages, layer }: { name: string; size: number; stages: Stage[]; layer: string },
): tf.LayersModel {
  const assembly = new Assembly();
  const image = tf.input({ shape: [size, size, 3], name: "image" });
  const ends: Record<string, tf.SymbolicTensor> = {};

  let x = normalize(assembly, image, "127/128"); //                        [N, S, S, 3]
  ends[PIXELS] = x;
  x = convolve(assembly, weights, x, {
    name: "stem",
    from: "_conv_stem",
    norm: "_bn0",
    filters: STEM_CHANNELS,
    kernel: 3,
    stride: 2,
  }); // [N, S/2, S/2, 32]
  let index = 0;
  for (const { repeats, kernel, stride, expand, channels } of stages) {
    for (let repeat = 0; repeat < repeats; repeat++, index++) {
      x = block(assembly, weights, x, { index, kernel, stride: repeat === 0 ? stride : 1, expand, channels });
      ends[`block${index}`] = x;
    }
  }
  ends.features = convolve(assembly, weights, x, {
    name: "head",
    from: "_conv_head",
    norm: "_bn1",
    filters: HEAD_CHANNELS,
    kernel: 1,
    stride: 1,
  }); // [N, S/32, S/32, 1280]
  return assembly.finish(name, image, ends[layer]!);
}

/** Inverted residual: widen with 1x1, filter each channel, narrow with a linear 1x1. [N, h, w, C] -> [N, h/s, w/s, C'] */
function block(
  assembly: Assembly,
  weights: WeightFile,
  input: tf.SymbolicTensor,
  {
    index,
    kernel,
    stride,
    expand,
    channels,
  }: { index: number; kernel: number; stride: number; expand: number; channels: number },
): tf.SymbolicTensor {
  const name = `block${index}`;
  const from = `_blocks.${index}`;
  const inputChannels = input.shape[3]!;
  const wide = inputChannels * expand;
  let x = input;
  if (expand > 1) {
    x = convolve(assembly, weights, x, {
      name: `${name}_expand`,
      from: `${from}._expand_conv`,
      norm: `${from}._bn0`,
      filters: wide,
      kernel: 1,
      stride: 1,
    });
  }
  const depthwise = tf.layers.depthwiseConv2d({
    name: `${name}_depthwise`,
    kernelSize: kernel,
    strides: stride,
    padding: "same",
    useBias: false,
    depthwiseInitializer: "zeros",
  });
  x = assembly.apply(depthwise, x, () => [
    readKernel(weights, `${from}._depthwise_conv.weight`, [wide, 1, kernel, kernel], [2, 3, 0, 1]),
  ]);
  x = batchNorm(assembly, weights, x, `${name}_depthwise`, `${from}._bn1`);
  x = relu6(assembly, x, `${name}_depthwise`); //                          [N, h/s, w/s, C x expand]
  x = convolve(assembly, weights, x, {
    name: `${name}_project`,
    from: `${from}._project_conv`,
    norm: `${from}._bn2`,
    filters: channels,
    kernel: 1,
    stride: 1,
    linear: true,
  });
  if (stride !== 1 || inputChannels !== channels) return x;
  return assembly.apply(tf.layers.add({ name: `${name}_add` }), [x, input]);
}

/** Convolution without bias, batch norm, and ReLU6 unless linear. */
function convolve(
  assembly: Assembly,
  weights: WeightFile,
  input: tf.SymbolicTensor,
  part: { name: string; from: string; norm: string; filters: number; kernel: number; stride: number; linear?: boolean },
): tf.SymbolicTensor {
  const { name, from, norm, filters, kernel, stride } = part;
  const inputChannels = input.shape[3]!;
  const layer = tf.layers.conv2d({
    name,
    filters,
    kernelSize: kernel,
    strides: stride,
    padding: "same",
    useBias: false,
    kernelInitializer: "zeros",
  });
  const x = assembly.apply(layer, input, () => [
    readKernel(weights, `${from}.weight`, [filters, inputChannels, kernel, kernel], [2, 3, 1, 0]),
  ]);
  const normed = batchNorm(assembly, weights, x, name, norm);
  return part.linear ? normed : relu6(assembly, normed, name);
}

function batchNorm(assembly: Assembly, weights: WeightFile, x: tf.SymbolicTensor, name: string, from: string) {
  const shape = [x.shape[3]!];
  const layer = tf.layers.batchNormalization({ name: `${name}_bn`, epsilon: 1e-3 });
  // tf.layers' order: gamma, beta, moving mean, moving variance.
  return assembly.apply(layer, x, () =>
    ["weight", "bias", "running_mean", "running_var"].map((part) => readShaped(weights, `${from}.${part}`, shape)),
  );
}

function relu6(assembly: Assembly, x: tf.SymbolicTensor, name: string): tf.SymbolicTensor {
  return assembly.apply(tf.layers.reLU({ name: `${name}_relu6`, maxValue: 6 }), x);
}

/** A kernel of PyTorch's shape (out, in, height, width) as tf.layers wants it: axis i of the result is axis `order[i]`. */
function readKernel(weights: WeightFile, name: string, shape: number[], order: number[]): Weight {
  const { data } = readShaped(weights, name, shape);
  const target = order.map((axis) => shape[axis]!);
  if (weights.sha256 === STORED_CHANNELS_LAST) return { shape: target, data };
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const [s0, s1, s2, s3] = order.map((axis) => strides[axis]!) as [number, number, number, number];
  const [n0, n1, n2, n3] = target as [number, number, number, number];
  const moved = new Float32Array(data.length);
  let at = 0;
  for (let a = 0; a < n0; a++)
    for (let b = 0; b < n1; b++)
      for (let c = 0; c < n2; c++) for (let d = 0; d < n3; d++) moved[at++] = data[a * s0 + b * s1 + c * s2 + d * s3]!;
  return { shape: target, data: moved };
}
