import * as tf from "@tensorflow/tfjs";
import type { Assembly } from "./assemble.js";
import type { Normalization } from "./types.js";

/** RGB 0..255 -> value x scale + offset, on all channels alike. */
const SCALED: Partial<Record<Normalization, { scale: number; offset: number }>> = {
  "-1..1": { scale: 1 / 127.5, offset: -1 },
  "0..1": { scale: 1 / 255, offset: 0 },
  "127/128": { scale: 1 / 128, offset: -127 / 128 },
};

/** Output channel o = sum over i of RGB_i x kernel[i][o] + bias[o]. */
const MIXED: Partial<Record<Normalization, { kernel: number[][]; bias: number[] }>> = {
  // BGR minus the mean of ImageNet, as Caffe's networks and Keras's VGG16 take it.
  caffe: {
    kernel: [
      [0, 0, 1],
      [0, 1, 0],
      [1, 0, 0],
    ],
    bias: [-103.939, -116.779, -123.68],
  },
  // (value / 255 - mean) / standard deviation, channel by channel, as torchvision's networks take it.
  imagenet: {
    kernel: [
      [1 / (255 * 0.229), 0, 0],
      [0, 1 / (255 * 0.224), 0],
      [0, 0, 1 / (255 * 0.225)],
    ],
    bias: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
  },
};

export const NORMALIZATIONS = [...Object.keys(SCALED), ...Object.keys(MIXED), "none"] as Normalization[];

/**
 * Adds the layer that brings RGB 0..255 to the network's own range: one scale and offset, or a 1x1 convolution where
 * channels differ. It stands before the network, so that the padding of the first convolution stays zero after it.
 * [N, H, W, 3] -> [N, H, W, 3]
 */
export function normalize(assembly: Assembly, image: tf.SymbolicTensor, kind: Normalization): tf.SymbolicTensor {
  const scaled = SCALED[kind];
  if (scaled) return assembly.apply(tf.layers.rescaling({ name: "normalize", ...scaled }), image);
  const mixed = MIXED[kind];
  if (!mixed) return image;
  const layer = tf.layers.conv2d({
    name: "normalize",
    filters: 3,
    kernelSize: 1,
    kernelInitializer: "zeros",
    trainable: false,
  });
  return assembly.apply(layer, image, () => [
    { shape: [1, 1, 3, 3], data: new Float32Array(mixed.kernel.flat()) },
    { shape: [3], data: new Float32Array(mixed.bias) },
  ]);
}
