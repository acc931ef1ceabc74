import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { writeOnnx } from "../../converter/index.js";
import { packageRoot } from "../../files/package-root.js";
import { startEngine } from "../engine/index.js";
import { parseSafetensors } from "../weights/safetensors.js";
import { openBackbone } from "./index.js";

/** The bound: largest difference over the largest value of the golden activation. */
const TOLERANCE = 1e-3;

const CASES = [
  { backbone: "efficientnet-lite0", folder: "efficientnet_lite0", layers: ["block10", "block15", "features"] },
  { backbone: "vgg16", folder: "vgg16", layers: ["block5_conv3", "block5_pool"] },
];

for (const { backbone: name, folder, layers } of CASES) {
  const file = resolve(packageRoot(), "../shared/data", folder, "golden.safetensors");
  const skip = existsSync(file) ? false : `${file} is not here: the golden activations of ${name} are not compared`;
  for (const layer of layers) {
    test(`${name} ${layer}: PyTorch's activations, in tfjs and in onnxruntime`, { skip }, async () => {
      await startEngine("wasm");
      const golden = await readGolden(file);
      const image = golden("image");
      const expected = golden(layer);
      const peak = new Float32Array(expected.data).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      const backbone = await openBackbone(name, { layer });

      const model = await backbone.layersModel!();
      const output = tf.tidy(
        () => model.predict(tf.tensor(new Uint8Array(image.data), image.shape, "float32")) as tf.Tensor,
      );
      assert.deepEqual(output.shape, expected.shape);
      assert.deepEqual(output.shape.slice(1), [...backbone.grid, backbone.channels]);
      const tfjs = largestDifference(await output.data(), new Float32Array(expected.data)) / peak;
      assert.ok(tfjs <= TOLERANCE, `tfjs differs by ${tfjs} of the peak`);
      output.dispose();
      model.dispose();
      const session = await ort.InferenceSession.create(writeOnnx(await backbone.graph()));
      const { features } = await session.run({
        image: new ort.Tensor("uint8", new Uint8Array(image.data), image.shape),
      });
      const [rows, columns] = backbone.grid;
      assert.deepEqual(features!.dims, [expected.shape[0], rows * columns, backbone.channels]);
      const onnx = largestDifference(features!.data as Float32Array, new Float32Array(expected.data)) / peak;
      assert.ok(onnx <= TOLERANCE, `onnxruntime differs by ${onnx} of the peak`);
    });
  }
}

async function readGolden(path: string): Promise<(name: string) => { shape: number[]; data: ArrayBuffer }> {
  const file = await readFile(path);
  const entries = parseSafetensors(file, path);
  return (name) => {
    const { shape, start, bytes } = entries.get(name)!;
    return { shape, data: new Uint8Array(file.subarray(start, start + bytes)).buffer };
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    // Written so that NaN counts as a difference.
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}
