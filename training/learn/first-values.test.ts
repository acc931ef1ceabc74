import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type { Trunk } from "../backbone/index.js";
import { fineTuned } from "../model/fine-tuned.js";
import { initializeParameters } from "../model/initialize.js";
import { decoderByName } from "../model/registry.js";
import type { CaptionerConfig, ParameterValues } from "../model/types.js";
import { layOutCaptions } from "./batches.js";
import { saveWeights } from "./checkpoint.js";
import { firstValues } from "./first-values.js";
import { TrainingOptions } from "./options.js";
import { RunFolder } from "./run-folder.js";
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
const stored = initializeParameters(decoder.parameters(config), 9);

async function writeRun(name: string, values: ParameterValues, objective: TrainingOptions["objective"], tuned = false) {
  const run = new RunFolder(path(name));
  await run.writeDescription({
    formatVersion: 1,
    options: TrainingOptions.parse({ dataset: "photos", objective }),
    engine: "",
    dataset: { name: "", format: "", trainImages: 1, validationImages: 1, captions: 1 },
    backbone: { name: "", layer: "", weightsSha256: "", notices: [] },
    captioner: { ...config, ...(tuned && { trunk: { stage: trunk.stage, ...trunk.input } }) },
  });
  const specs = (tuned ? tunable.decoder : decoder).parameters(config);
  const progress = { epoch: 0, stepInEpoch: 0, step: 1, entropySum: 0, bestScore: 0, bestEpoch: 0, logBytes: 0 };
  await saveWeights(run.best(), values, specs, { ...progress, fingerprint: "" });
}

before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-first-"));
  await writeRun("plain", stored, "cross-entropy");
  await writeRun("critical", stored, "self-critical");
  await writeRun("tuned", { ...stored, "scale/kernel": Float32Array.of(7, 8, 9) }, "cross-entropy", true);
});
after(() => rm(folder, { recursive: true }));

test("a run from nothing starts at random, a run from another with that one's values", async () => {
  assert.deepEqual(await firstValues(plain, options), initializeParameters(decoder.parameters(config), 1));
  assert.deepEqual(await firstValues(plain, { ...options, from: path("plain") }), stored);
});

test("a backbone that is tuned starts as it came, or as the run before left it", async () => {
  const first = await firstValues(tunable, { ...options, from: path("plain") });
  assert.deepEqual(first["scale/kernel"], Float32Array.of(1, 2, 3));
  const next = await firstValues(tunable, { ...options, from: path("tuned") });
  assert.deepEqual(next["scale/kernel"], Float32Array.of(7, 8, 9));
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
  const specs = tunable.decoder.parameters(config);
  const values = { ...stored, ...trunk.values };
  const captions = [[{ words: [4, 5], weight: 1, ended: true }], [{ words: [5], weight: 1, ended: true }]];
  const features = Float32Array.from({ length: 2 * 2 * 3 }, (_, i) => Math.sin(i));
  const batch = layOutCaptions(captions, features);
  const step = (frozen?: Set<string>) =>
    trainingStep(tunable.decoder, config, specs, values, batch, 0, {
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
