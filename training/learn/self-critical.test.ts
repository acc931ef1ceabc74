import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { startEngine } from "../engine/index.js";
import { initializeParameters } from "../model/initialize.js";
import { decoderByName, decoders } from "../model/registry.js";
import type { CaptionerConfig, Decoder, ParameterValues } from "../model/types.js";
import { setLayerWeights } from "../model/weights.js";
import { uniform } from "../random/seeded.js";
import { Vocabulary } from "../text/index.js";
import { Adam, adamDefaults } from "./adam/adam.js";
import { layOutCaptions, START } from "./batches.js";
import { Sampler } from "./sample.js";
import { SelfCritical } from "./self-critical.js";
import { trainingStep } from "./step.js";

before(async () => {
  await startEngine("wasm");
});

const vocabulary = new Vocabulary(["a", "b", "c", "d", "e", "f"]);
const config: CaptionerConfig = {
  decoder: "soft-attention",
  locations: 2,
  channels: 6,
  featureSize: 6,
  featureEmbedding: false,
  attentionSize: 4,
  embeddingSize: 8,
  hiddenSize: 12,
  vocabularySize: vocabulary.size,
};
const softAttention = decoderByName("soft-attention");
const specs = softAttention.parameters(config);
const N = 4;

/** Sizes that every decoder takes. */
const configOf = ({ name }: Decoder): CaptionerConfig => ({
  ...config,
  decoder: name,
  featureSize: config.hiddenSize,
  featureEmbedding: true,
});

function features(): Float32Array {
  const random = uniform(3, "features");
  return Float32Array.from({ length: N * config.locations * config.channels }, () => random() * 4 - 2);
}

/** The distribution of the first word of each image. */
function firstWords(values: ParameterValues): number[][] {
  return tf.tidy(() => {
    const [head, step] = [softAttention.head(config), softAttention.step(config)];
    setLayerWeights(head, specs, values);
    setLayerWeights(step, specs, values);
    const [annotations, projected, hidden, cell] = head.predict(
      tf.tensor3d(features(), [N, config.locations, config.channels]),
    ) as tf.Tensor[];
    const token = tf.fill([N, 1], START, "int32");
    const [logits] = step.predict([token, hidden, cell, annotations, projected]) as tf.Tensor[];
    return tf.softmax(logits).arraySync() as number[][];
  });
}

test("captions are drawn with the model's own probabilities, the same for the same step", async () => {
  const values = initializeParameters(specs, 5);
  for (const array of Object.values(values)) for (let i = 0; i < array.length; i++) array[i] *= 4;
  const sampler = new Sampler(softAttention, config, specs);
  const options = { samplesPerImage: 2000, maxLength: 6, seed: 1, step: 7 };
  const drawn = await sampler.draw(values, features(), options);
  firstWords(values).forEach((probabilities, n) => {
    const writable = probabilities.map((p, word) => (word === 2 || word > 3 ? p : 0));
    const total = writable.reduce((sum, p) => sum + p, 0);
    writable.forEach((p, word) => {
      const share = drawn[n].filter(({ words }) => (words[0] ?? 2) === word).length / options.samplesPerImage;
      assert.ok(Math.abs(share - p / total) < 0.04, `image ${n}, word ${word}: ${share}, not ${p / total}`);
    });
  });
  for (const { words, ended } of drawn.flat()) {
    assert.ok(words.length <= options.maxLength && words.every((word) => word > 3));
    assert.ok(ended || words.length === options.maxLength);
  }
  const few = { ...options, samplesPerImage: 3 };
  assert.deepEqual(await sampler.draw(values, features(), few), await sampler.draw(values, features(), few));
  assert.notDeepEqual(
    await sampler.draw(values, features(), few),
    await sampler.draw(values, features(), { ...few, step: 8 }),
  );
  sampler.dispose();
});

test("a caption that was cut off teaches its words and no end", () => {
  const batch = layOutCaptions(
    [
      [
        { words: [4, 5], weight: -0.5, ended: false },
        { words: [6], weight: 2, ended: true },
      ],
    ],
    new Float32Array(0),
  );
  const learnt = Array.from(batch.targets, (target, i) => [target, batch.weights[i]]);
  assert.deepEqual(learnt, [
    [4, -0.5],
    [6, 2],
    [5, -0.5],
    [2, 2],
    [2, 0],
  ]);
});

for (const decoder of decoders) {
  test(`${decoder.name}: the reward of what is drawn rises`, async () => {
    const own = configOf(decoder);
    const ownSpecs = decoder.parameters(own);
    const references = ["a b c", "d e f", "c a e", "f b d"].map((text) => [vocabulary.encode(text.split(" "))]);
    const trainImages = references.map((captions, feature) => ({ feature, captions }));
    const options = { samplesPerImage: 8, maxLength: 6, seed: 2, bleuWeight: 0 };
    const objective = new SelfCritical({ decoder, config: own, vocabulary, trainImages }, options);
    const adam = Adam.start(initializeParameters(ownSpecs, 1));
    const tensors = tf.memory().numTensors;
    const rewards: number[] = [];
    for (let step = 0; step < 120; step++) {
      const plan = { indices: [0, 1, 2, 3], features: features(), epoch: 0, step, progress: 0, values: adam.values };
      const { batch, reward } = await objective.batch(plan);
      const { gradients } = await trainingStep(decoder, own, ownSpecs, adam.values, batch, step, {
        labelSmoothing: objective.labelSmoothing,
        attentionWeight: 0,
        dropout: {},
        seed: 1,
      });
      adam.update(gradients, 0.02, { ...adamDefaults, averageDecay: 0 });
      rewards.push(reward);
    }
    assert.equal(tf.memory().numTensors, tensors);
    const mean = (part: number[]) => part.reduce((sum, reward) => sum + reward, 0) / part.length;
    const [start, end] = [mean(rewards.slice(0, 10)), mean(rewards.slice(-10))];
    assert.ok(end > start + 2, `from ${start} to ${end}`);
    objective.dispose();
  });
}

for (const decoder of decoders) {
  test(`${decoder.name}: words that are never drawn learn nothing and take no probability`, async () => {
    const own = configOf(decoder);
    const ownSpecs = decoder.parameters(own);
    const values = initializeParameters(ownSpecs, 1);
    const trainImages = [0, 1, 2, 3].map((feature) => ({
      feature,
      captions: [
        [4 + feature, 5],
        [6, 7 + (feature % 2)],
      ],
    }));
    const options = { samplesPerImage: 4, maxLength: 6, seed: 2, bleuWeight: 0 };
    const objective = new SelfCritical({ decoder, config: own, vocabulary, trainImages }, options);
    const plan = { indices: [0, 1, 2, 3], features: features(), epoch: 0, step: 0, progress: 0, values };
    const { batch } = await objective.batch(plan);
    const step = { labelSmoothing: 0, attentionWeight: 0, dropout: {}, seed: 1 };
    const { forbidden } = objective;
    const { gradients } = await trainingStep(decoder, own, ownSpecs, values, batch, 0, { ...step, forbidden });
    const free = await trainingStep(decoder, own, ownSpecs, values, batch, 0, step);
    const V = own.vocabularySize;
    const ofWord = (gradient: Float32Array, word: number) => gradient.filter((_, i) => i % V === word);
    const size = (values: Float32Array) => values.reduce((sum, value) => sum + Math.abs(value), 0);
    for (const name of decoder.logits.filter(
      (name) => ownSpecs.find((spec) => spec.name === name)!.shape.at(-1) === V,
    )) {
      for (const word of [0, 1, 3]) {
        assert.equal(size(ofWord(gradients[name]!, word)), 0, `${name}, word ${word}`);
        assert.notEqual(size(ofWord(free.gradients[name]!, word)), 0, "without it the words learn");
      }
      assert.notEqual(size(ofWord(gradients[name]!, 2)), 0, "the end is written");
    }
    objective.dispose();
  });
}

test("a reward that never varies stops the run with its own error", async () => {
  // One image alone has no rarer words than any other, so every caption earns 0.
  const trainImages = [{ feature: 0, captions: [vocabulary.encode(["a", "b"])] }];
  const options = { samplesPerImage: 2, maxLength: 3, seed: 2, bleuWeight: 0 };
  const objective = new SelfCritical({ decoder: softAttention, config, vocabulary, trainImages }, options);
  const values = initializeParameters(specs, 1);
  const one = features().slice(0, config.locations * config.channels);
  const run = async () => {
    for (let step = 0; step < 60; step++) {
      await objective.batch({ indices: [0], features: one, epoch: 0, step, progress: 0, values });
    }
  };
  await assert.rejects(run(), { code: "REWARD_CONSTANT" });
  objective.dispose();
});
