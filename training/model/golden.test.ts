import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { packageRoot } from "../../files/package-root.js";
import { startEngine } from "../engine/index.js";
import { layOutBatch } from "../learn/batches.js";
import { decoderByName } from "./registry.js";
import type { CaptionerConfig, ParameterValues } from "./types.js";
import { setLayerWeights } from "./weights.js";

/** Written by golden/make_golden.py: PyTorch's values of the papers' equations. */
interface Golden {
  config: CaptionerConfig;
  weights: Record<string, number[]>;
  /** [N, L, D] */
  features: number[];
  /** One an image; logits [T, V], attention [T, L], its sum over time before a sentinel took its share [L]. */
  captions: { words: number[]; logits: number[][]; attention: number[][]; attentionSum: number[] }[];
}

function assertNear(actual: number[], expected: number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]) < 1e-5, `${what} ${i}: ${value}, not ${expected[i]}`);
  });
}

const file = join(packageRoot(), "training/model/golden/decoders.jsonl");
const lines = readFileSync(file, "utf8").trim().split("\n");

for (const golden of lines.map((line) => JSON.parse(line) as Golden)) {
  test(`${golden.config.decoder} computes what PyTorch computes by the paper's equations`, async () => {
    await startEngine("cpu");
    tf.tidy(() => {
      batchAgrees(golden);
      stepsAgree(golden);
    });
  });
}

function opened({ config, weights }: Golden) {
  const decoder = decoderByName(config.decoder);
  const specs = decoder.parameters(config);
  assert.deepEqual(Object.keys(weights).sort(), specs.map((spec) => spec.name).sort());
  const values: ParameterValues = Object.fromEntries(specs.map(({ name }) => [name, Float32Array.from(weights[name])]));
  return { decoder, specs, values };
}

function batchAgrees(golden: Golden): void {
  const { config, captions, features } = golden;
  const { decoder, specs, values } = opened(golden);
  const images = captions.map(({ words }, feature) => ({ feature, captions: [words] }));
  const layout = { imagesPerBatch: captions.length, captionsPerImage: 1, maxLength: 20, seed: 1 };
  const batch = layOutBatch(
    images,
    images.map((_, n) => n),
    Float32Array.from(features),
    0,
    layout,
  );
  const parameters = Object.fromEntries(specs.map((spec) => [spec.name, tf.tensor(values[spec.name], spec.shape)]));
  const input = tf.tensor3d(features, [captions.length, config.locations, config.channels]);
  const forced = decoder.teacherForced(parameters, batch, input, config, (_, x) => x);
  // Predictions stand by step, then image.
  const expected = captions[0].logits.flatMap((_, t) => captions.flatMap(({ logits }) => logits.slice(t, t + 1)));
  forced.logits.arraySync().forEach((row, i) => {
    assertNear(row, expected[i], `logits ${i}`);
  });
  forced.attentionSum.arraySync().forEach((row, n) => {
    assertNear(row, captions[n].attentionSum, `attention sum ${n}`);
  });
}

function stepsAgree(golden: Golden): void {
  const { config, captions, features } = golden;
  const { decoder, specs, values } = opened(golden);
  const [head, step] = [decoder.head(config), decoder.step(config)];
  setLayerWeights(head, specs, values);
  setLayerWeights(step, specs, values);
  const input = tf.tensor3d(features, [captions.length, config.locations, config.channels]);
  const encoded = head.predict(input) as tf.Tensor[];
  captions.forEach(({ words, logits, attention }, n) => {
    const [annotations, projected, ...first] = encoded.map((x) => x.slice([n], [1]));
    let state = first;
    [1, ...words].forEach((word, t) => {
      const token = tf.tensor2d([word], [1, 1], "int32");
      const [scores, hidden, cell, look] = step.predict([token, ...state, annotations, projected]) as tf.Tensor[];
      assertNear(Array.from(scores.dataSync()), logits[t], `image ${n}, step ${t}, logits`);
      assertNear(Array.from(look.dataSync()), attention[t], `image ${n}, step ${t}, attention`);
      state = [hidden, cell];
    });
  });
}
