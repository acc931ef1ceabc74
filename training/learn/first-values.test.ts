import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { writeRun } from "../../test/write-run.js";
import type { Trunk } from "../backbone/index.js";
import { fineTuned } from "../model/fine-tuned.js";
import { initializeParameters } from "../model/initialize.js";
import { decoderByName } from "../model/registry.js";
import type { CaptionerConfig } from "../model/types.js";
import { layOutCaptions } from "./batches.js";
import { firstValues } from "./first-values.js";
import { TrainingOptions } from "./options.js";
import { trainingStep } from "./step.js";

const config: CaptionerConfig = {
  decoder: "soft-attention",
  locations: 2,
  channels: 3,
  featureSize: 3,
  featureEmbedding: false,
  attentionSize: 2,
  embeddingSize: 3,
  hiddenSize: 2,
  vocabularySize: 6,
};
const decoder = decoderByName("soft-attention");
/** One factor for each channel: the smallest part of a backbone that can be trained. */
const trunk: Trunk = {
  stage: "low",
  input: { locations: 2, channels: 3 },
  specs: [{ name: "scale/kernel", shape: [3], initializer: "given" }],
  values: { "scale/kernel": Float32Array.of(1, 2, 3) },
  missingKernels: () => [],
  apply: (parameters, x) => x.mul(parameters["scale/kernel"]),
  layers: (x) => x,
};
const tunable = { decoder: fineTuned(decoder, trunk), config, trunk };
const plain = { decoder, config };
const options = { seed: 1, objective: "cross-entropy", sharpening: 2 } as const;

let folder: string;
const path = (name: string) => join(folder, name);

const specs = decoder.parameters(config);
const stored = initializeParameters(specs, 9);
const tunedSpecs = tunable.decoder.parameters(config);

before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-first-"));
  await writeRun(path("plain"), config, { specs, values: stored });
  const critical = { options: TrainingOptions.parse({ dataset: "photos", objective: "self-critical" }) };
  await writeRun(path("critical"), config, { specs, values: stored }, critical);
  const tuned = { ...stored, "scale/kernel": Float32Array.of(7, 8, 9) };
  const withTrunk = { ...config, trunk: { stage: trunk.stage, ...trunk.input } };
  await writeRun(path("tuned"), withTrunk, { specs: tunedSpecs, values: tuned });
});
after(() => rm(folder, { recursive: true }));

test("a run from nothing starts at random, a run from another with that one's values", async () => {
  assert.deepEqual(await firstValues(plain, options), initializeParameters(specs, 1));
  assert.deepEqual(await firstValues(plain, { ...options, from: path("plain") }), stored);
});

test("a backbone that is tuned starts as it came, or as the run before left it", async () => {
  const first = await firstValues(tunable, { ...options, from: path("plain") });
  assert.deepEqual(first["scale/kernel"], Float32Array.of(1, 2, 3));
  const next = await firstValues(tunable, { ...options, from: path("tuned") });
  assert.deepEqual(next["scale/kernel"], Float32Array.of(7, 8, 9));
});

test("a student starts at random, with the backbone as its teacher has it", async () => {
  const values = await firstValues(tunable, { ...options, teacher: [path("tuned")] });
  assert.deepEqual(values["scale/kernel"], Float32Array.of(7, 8, 9));
  const { "scale/kernel": _scale, ...others } = values;
  assert.deepEqual(others, initializeParameters(specs, 1));
  const untuned = await firstValues(tunable, { ...options, teacher: [path("plain")] });
  assert.deepEqual(untuned["scale/kernel"], Float32Array.of(1, 2, 3));
});

test("self-critical training sharpens the logits once", async () => {
  const critical = { ...options, objective: "self-critical" as const };
  const sharpened = await firstValues(plain, { ...critical, from: path("plain") });
  for (const [name, values] of Object.entries(sharpened)) {
    const factor = decoder.logits.includes(name) ? 2 : 1;
    assert.deepEqual(
      values,
      stored[name].map((value) => value * factor),
      name,
    );
  }
  assert.deepEqual(await firstValues(plain, { ...critical, from: path("critical") }), stored);
});

test("what is frozen gets no gradient, and the others the same as without it", async () => {
  const values = { ...stored, ...trunk.values };
  const captions = [[{ words: [4, 5], weight: 1, ended: true }], [{ words: [5], weight: 1, ended: true }]];
  const features = Float32Array.from({ length: 2 * 2 * 3 }, (_, i) => Math.sin(i));
  const batch = layOutCaptions(captions, features);
  const step = (frozen?: Set<string>) =>
    trainingStep(tunable.decoder, config, tunedSpecs, values, batch, 0, {
      labelSmoothing: 0,
      attentionWeight: 0.5,
      dropout: {},
      seed: 1,
      frozen,
    });
  const [whole, part] = [await step(), await step(new Set(["scale/kernel"]))];
  assert.equal(part.loss, whole.loss);
  const { "scale/kernel": scale, ...others } = whole.gradients;
  assert.ok(scale.some((value) => value !== 0));
  assert.deepEqual(part.gradients, others);
});
