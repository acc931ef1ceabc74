import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine } from "../engine/index.js";
import { initializeParameters } from "../model/initialize.js";
import { decoderByName } from "../model/registry.js";
import type { CaptionBatch, CaptionerConfig } from "../model/types.js";
import { uniform } from "../random/seeded.js";
import { accumulatedStep, splitStep } from "./accumulate.js";
import { layOutBatch } from "./batches.js";
import { trainingStep } from "./step.js";

before(async () => {
  await startEngine("wasm");
});

const config: CaptionerConfig = {
  decoder: "soft-attention",
  locations: 3,
  channels: 6,
  featureSize: 6,
  featureEmbedding: false,
  attentionSize: 4,
  embeddingSize: 5,
  hiddenSize: 7,
  vocabularySize: 12,
};
const decoder = decoderByName("soft-attention");
const specs = decoder.parameters(config);
const random = uniform(1, "accumulate");
const draw = (most: number) => Math.floor(random() * most);
const images = Array.from({ length: 7 }, (_, feature) => ({
  feature,
  captions: [0, 1].map(() => Array.from({ length: 1 + draw(6) }, () => 4 + draw(8))),
}));
const size = config.locations * config.channels;
const features = Float32Array.from({ length: images.length * size }, () => random() * 2 - 1);
const layout = { imagesPerBatch: 7, captionsPerImage: 2, maxLength: 10, seed: 1 };

function batchOf(indices: number[]): CaptionBatch {
  const own = Float32Array.from(indices.flatMap((index) => [...features.subarray(index * size, (index + 1) * size)]));
  return layOutBatch(images, indices, own, 0, layout);
}

test("a step is split evenly, and never into empty parts", () => {
  assert.deepEqual(splitStep([4, 2, 9, 1, 7], 2), [
    [4, 2],
    [9, 1, 7],
  ]);
  assert.deepEqual(splitStep([4, 2], 5), [[4], [2]]);
  assert.deepEqual(splitStep([4, 2], 1), [[4, 2]]);
});

test("parts of a step add up to the loss and the gradients of the whole", async () => {
  const values = initializeParameters(specs, 3);
  const options = { labelSmoothing: 0.1, attentionWeight: 0.5, dropout: {}, seed: 1 };
  const indices = images.map((_, index) => index);
  const whole = await trainingStep(decoder, config, specs, values, batchOf(indices), 0, options);
  for (const parts of [1, 2, 3, 7]) {
    const batches = splitStep(indices, parts).map(batchOf);
    const sum = await accumulatedStep(batches, (batch, shares) =>
      trainingStep(decoder, config, specs, values, batch, 0, { ...options, shares }),
    );
    assert.ok(Math.abs(sum.loss - whole.loss) < 1e-5, `${parts} parts: loss ${sum.loss}, not ${whole.loss}`);
    assert.ok(Math.abs(sum.crossEntropy - whole.crossEntropy) < 1e-5);
    for (const [name, expected] of Object.entries(whole.gradients)) {
      const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - sum.gradients[name]![i]!)));
      assert.ok(worst < 1e-6, `${parts} parts: ${name} differs by ${worst}`);
    }
  }
});
