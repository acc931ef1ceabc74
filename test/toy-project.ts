import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { saveModel } from "./save-model.js";

const COLOURS = { red: "#d22", green: "#2a2", blue: "#22d", yellow: "#dd2" };
const SHAPES = {
  circle: '<circle cx="16" cy="16" r="10"/>',
  square: '<rect x="6" y="6" width="20" height="20"/>',
};

/** A data set that a small captioner learns in seconds: one coloured shape a picture, two captions each. */
export async function writeToyDataset(folder: string, count = 32): Promise<string> {
  await mkdir(join(folder, "images"), { recursive: true });
  const lines = ["image,caption,split"];
  for (let i = 0; i < count; i++) {
    const colour = Object.keys(COLOURS)[i % 4] as keyof typeof COLOURS;
    const shape = Object.keys(SHAPES)[(i >> 2) % 2] as keyof typeof SHAPES;
    const turn = `rotate(${i * 11} 16 16)`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32" fill="#eee"/><g fill="${COLOURS[colour]}" transform="${turn}">${SHAPES[shape]}</g></svg>`;
    await sharp(Buffer.from(svg))
      .png()
      .toFile(join(folder, "images", `${i}.png`));
    const split = (i >> 3) % 4 === 3 ? "val" : "train";
    lines.push(`${i}.png,A ${colour} ${shape} .,${split}`, `${i}.png,there is a ${shape} that is ${colour},${split}`);
  }
  const file = join(folder, "captions.csv");
  await writeFile(file, `${lines.join("\n")}\n`);
  return file;
}

/** Arguments of a training on the toy data set that takes seconds; flags given after them win. */
export function toyTraining(dataset: string, backbone: string): string[] {
  const flags = {
    engine: "wasm",
    dataset,
    backbone,
    layer: "grid",
    normalize: "0..1",
    epochs: 1,
    batch: 8,
    "minimum-count": 1,
    "learning-rate": 0.01,
    "feature-size": 24,
    "attention-size": 16,
    "embedding-size": 16,
    "hidden-size": 32,
    "state-dropout": 0.1,
    "output-dropout": 0.1,
    "warmup-steps": 5,
    "average-decay": 0.9,
  };
  return ["train", ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])];
}

/** A convolutional network with random weights as a TensorFlow.js layers-model on disk: [32, 32, 3] -> [4, 4, 12]. */
export async function writeToyBackbone(folder: string): Promise<string> {
  await tf.setBackend("cpu");
  const seeded = (seed: number) => tf.initializers.heNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [32, 32, 3],
        filters: 8,
        kernelSize: 5,
        strides: 4,
        padding: "same",
        activation: "relu",
        kernelInitializer: seeded(1),
        name: "first",
      }),
      tf.layers.conv2d({
        filters: 12,
        kernelSize: 3,
        strides: 2,
        padding: "same",
        activation: "relu",
        kernelInitializer: seeded(2),
        name: "grid",
      }),
    ],
  });
  const path = await saveModel(model, folder);
  model.dispose();
  return path;
}
