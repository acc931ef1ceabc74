import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { sizeOf } from "../../converter/graph/tensor.js";
import { uniform } from "../../training/random/seeded.js";

/** Filters of each convolution, by block; a pooling ends each block. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];
const DENSE = [4096, 4096, 1000];
const SHARD_BYTES = 4 << 20;

/** Layers that are not built, so that their weights take no memory, and the shapes of those weights. */
function layersOfVgg16() {
  const layers: tf.layers.Layer[] = [tf.layers.inputLayer({ inputShape: [224, 224, 3], name: "image" })];
  const weights: { name: string; shape: number[]; dtype: "float32" }[] = [];
  const weigh = (name: string, kernel: number[]) => {
    weights.push({ name: `${name}/kernel`, shape: kernel, dtype: "float32" });
    weights.push({ name: `${name}/bias`, shape: kernel.slice(-1), dtype: "float32" });
  };
  let channels = 3;
  for (const [block, convolutions] of BLOCKS.entries()) {
    for (const [i, filters] of convolutions.entries()) {
      const name = `block${block + 1}_conv${i + 1}`;
      layers.push(tf.layers.conv2d({ name, filters, kernelSize: 3, padding: "same", activation: "relu" }));
      weigh(name, [3, 3, channels, filters]);
      channels = filters;
    }
    layers.push(tf.layers.maxPooling2d({ name: `block${block + 1}_pool`, poolSize: 2, strides: 2 }));
  }
  layers.push(tf.layers.flatten({ name: "flatten" }));
  let inputs = 7 * 7 * channels;
  for (const [i, units] of DENSE.entries()) {
    const name = `fc${i + 1}`;
    layers.push(tf.layers.dense({ name, units, activation: i === DENSE.length - 1 ? "softmax" : "relu" }));
    weigh(name, [inputs, units]);
    inputs = units;
  }
  return { layers, weights };
}

/**
 * Writes VGG16 with its dense layers as a layers-model of random weights, in shards as tfjs makes them.
 * @returns bytes of the weights
 */
export async function writeVgg16(folder: string): Promise<number> {
  const { layers, weights } = layersOfVgg16();
  const bytes = 4 * weights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const count = Math.ceil(bytes / SHARD_BYTES);
  const paths = Array.from({ length: count }, (_, i) => `group1-shard${i + 1}of${count}.bin`);
  await mkdir(folder, { recursive: true });
  const config = layers.map((layer) => ({ class_name: layer.getClassName(), config: layer.getConfig() }));
  const json = {
    format: "layers-model",
    modelTopology: {
      class_name: "Sequential",
      config: { name: "vgg16", layers: config },
      keras_version: "tfjs-layers",
    },
    weightsManifest: [{ paths, weights }],
  };
  await writeFile(join(folder, "model.json"), JSON.stringify(json));
  const random = uniform(1, "vgg16");
  const shard = new Float32Array(SHARD_BYTES / 4);
  for (const [i, path] of paths.entries()) {
    const part = shard.subarray(0, Math.min(SHARD_BYTES, bytes - i * SHARD_BYTES) / 4);
    for (let k = 0; k < part.length; k++) part[k] = (random() - 0.5) / 50;
    const file = await open(join(folder, path), "w");
    await file.writeFile(new Uint8Array(part.buffer, 0, part.byteLength));
    await file.close();
  }
  return bytes;
}
