import * as tf from "@tensorflow/tfjs";
import type { Backbone } from "../training/backbone/index.js";
import { toBackbone } from "../training/backbone/network.js";

/** A backbone of one convolution with fixed random weights: 16x16 pictures -> 4x4 locations of 8 channels. */
export function toyBackbone(seed = 1): Backbone {
  return toBackbone(
    {
      name: "toy",
      input: { width: 16, height: 16, resize: "stretch" },
      normalization: "0..1",
      layers: { convolution: { grid: [4, 4], channels: 8 } },
      notices: [],
    },
    "convolution",
    {
      sha256: seed.toString(16).padStart(64, "0"),
      async build() {
        const image = tf.input({ shape: [16, 16, 3], name: "image" });
        const scaled = tf.layers.rescaling({ name: "normalize", scale: 1 / 255 }).apply(image);
        const convolution = tf.layers.conv2d({
          name: "convolution",
          filters: 8,
          kernelSize: 4,
          strides: 4,
          activation: "relu",
          kernelInitializer: tf.initializers.randomNormal({ seed }),
        });
        return tf.model({ inputs: image, outputs: convolution.apply(scaled) as tf.SymbolicTensor });
      },
    },
  );
}
