import * as tf from "@tensorflow/tfjs";
import { openWeights } from "../weights/open.js";
import { readShaped, type WeightFile } from "../weights/types.js";
import { Assembly } from "./assemble.js";
import { type Network, PIXELS } from "./network.js";
import { normalize } from "./normalize.js";

/** VGG16's convolutions: K. Simonyan and A. Zisserman, arXiv:1409.1556, configuration D; weights under Keras's names. */
const BLOCKS = [
  { convolutions: 2, channels: 64 },
  { convolutions: 2, channels: 128 },
  { convolutions: 3, channels: 256 },
  { convolutions: 3, channels: 512 },
  { convolutions: 3, channels: 512 },
];

export const vgg16: Network = {
  name: "vgg16",
  input: { width: 224, height: 224, resize: "stretch" },
  normalization: "caffe",
  layers: {
    [PIXELS]: { grid: [224, 224], channels: 3 },
    block3_pool: { grid: [28, 28], channels: 256 },
    block4_pool: { grid: [14, 14], channels: 512 },
    block5_conv3: { grid: [14, 14], channels: 512 },
    block5_pool: { grid: [7, 7], channels: 512 },
  },
  defaultLayer: "block5_conv3",
  notices: ["VGG16 ImageNet weights: K. Simonyan and A. Zisserman, arXiv:1409.1556, CC BY 4.0."],
  files: [
    "vgg16/vgg16.safetensors",
    "vgg16.safetensors",
    "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
    "vgg16.h5",
  ],
  obtain: "Keras publishes vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5 (59 MB; with the dense layers 553 MB).",
  recognises: (names) => names.includes("block1_conv1/kernel") && names.includes("block5_conv3/kernel"),
  async open(path) {
    const weights = await openWeights(path);
    return { sha256: weights.sha256, build: async (layer) => build(weights, layer) };
  },
};

function build(weights: WeightFile, layer: string): tf.LayersModel {
  const assembly = new Assembly();
  const image = tf.input({ shape: [224, 224, 3], name: "image" });
  const ends: Record<string, tf.SymbolicTensor> = {};
  let x = normalize(assembly, image, "caffe"); //                            [N, 224, 224, 3] BGR
  ends[PIXELS] = x;
  let filtersBefore = 3;
  for (const [index, { convolutions, channels }] of BLOCKS.entries()) {
    for (let number = 1; number <= convolutions; number++) {
      const name = `block${index + 1}_conv${number}`;
      const shape = [3, 3, filtersBefore, channels];
      const convolution = tf.layers.conv2d({
        name,
        filters: channels,
        kernelSize: 3,
        padding: "same",
        activation: "relu",
        kernelInitializer: "zeros",
      });
      x = assembly.apply(convolution, x, () => [
        readShaped(weights, `${name}/kernel`, shape),
        readShaped(weights, `${name}/bias`, [channels]),
      ]); //                                                                 [N, h, w, channels]
      ends[name] = x;
      filtersBefore = channels;
    }
    const pool = `block${index + 1}_pool`;
    x = assembly.apply(tf.layers.maxPooling2d({ name: pool, poolSize: 2, strides: 2 }), x); // [N, h/2, w/2, channels]
    ends[pool] = x;
  }
  return assembly.finish("vgg16", image, ends[layer]!);
}
