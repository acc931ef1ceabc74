import assert from "node:assert/strict";
import { before, test } from "node:test";
import { startEngine } from "../engine/index.js";
import { initializeParameters } from "../model/initialize.js";
import { decoders } from "../model/registry.js";
import type { CaptionerConfig, Decoder } from "../model/types.js";
import { uniform } from "../random/seeded.js";
import { Adam, adamDefaults } from "./adam/adam.js";
import { layOutBatch } from "./batches.js";
import { mixInputs } from "./scheduled-sampling.js";
import { trainingStep } from "./step.js";

before(async () => {
  await startEngine("wasm");
});

const captions = [[4, 5, 6, 7], [8, 9], [10], [6, 6, 5, 4, 8]];
const N = captions.length;
const random = uniform(9, "features");
const images = captions.map((words, feature) => ({ feature, captions: [words] }));
const layout = { imagesPerBatch: N, captionsPerImage: 1, maxLength: 10, seed: 1 };

function open(decoder: Decoder) {
  const config: CaptionerConfig = {
    decoder: decoder.name,
    locations: 4,
    channels: 6,
    featureSize: 16,
    featureEmbedding: true,
    attentionSize: 8,
    embeddingSize: 8,
    hiddenSize: 16,
    vocabularySize: 11,
  };
  const features = Float32Array.from({ length: N * 24 }, () => random() * 2);
  const batch = layOutBatch(images, [0, 1, 2, 3], features, 0, layout);
  return { captioner: { decoder, config, specs: decoder.parameters(config) }, batch };
}

for (const decoder of decoders) {
  test(`${decoder.name}: a model that knows the captions by heart reads them as they are`, async () => {
    const { captioner, batch } = open(decoder);
    const { config, specs } = captioner;
    const adam = Adam.start(initializeParameters(specs, 1));
    for (let step = 0; step < 200; step++) {
      const options = { labelSmoothing: 0, attentionWeight: 0, dropout: {}, seed: 1 };
      const { gradients } = await trainingStep(decoder, config, specs, adam.values, batch, step, options);
      adam.update(gradients, 0.02, { ...adamDefaults, averageDecay: 0 });
    }
    // Surer still: a word is wrong with a probability that no draw meets.
    const sure = { ...adam.values };
    for (const name of decoder.logits) sure[name] = sure[name]!.map((value) => value * 5);
    const mixed = await mixInputs(captioner, sure, batch, 1, { seed: 1, step: 0 });
    assert.deepEqual(mixed.inputs, batch.inputs);
  });

  test(`${decoder.name}: as many words as asked for are the model's own, drawn as it predicts them`, async () => {
    const { captioner, batch } = open(decoder);
    const values = initializeParameters(captioner.specs, 5);
    const before = batch.inputs.slice();
    // Of 16 predictions the 12 before the last of a caption are read again.
    const read = captions.reduce((sum, words) => sum + words.length, 0);
    let replaced = 0;
    const counts = new Map<number, number>();
    const draws = 200;
    for (let step = 0; step < draws; step++) {
      const mixed = await mixInputs(captioner, values, batch, 0.5, { seed: 1, step });
      assert.deepEqual({ ...mixed, inputs: batch.inputs }, batch);
      mixed.inputs.forEach((word, row) => {
        if (row < N || !batch.alive[row]) assert.equal(word, before[row], "starts and what has ended are as they were");
        if (word !== before[row]) replaced++;
        if (word !== before[row]) counts.set(word, (counts.get(word) ?? 0) + 1);
      });
    }
    assert.deepEqual(batch.inputs, before);
    // A model that knows nothing draws one of 11 words about evenly, now and then the true one.
    const share = replaced / (read * draws);
    assert.ok(Math.abs(share - 0.5 * (10 / 11)) < 0.06, `${share} of the words were replaced`);
    assert.equal(counts.size, 11);
    const again = await mixInputs(captioner, values, batch, 0.5, { seed: 1, step: 3 });
    assert.deepEqual(await mixInputs(captioner, values, batch, 0.5, { seed: 1, step: 3 }), again);
    assert.deepEqual(await mixInputs(captioner, values, batch, 0, { seed: 1, step: 3 }), batch);
  });
}
