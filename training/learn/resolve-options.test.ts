import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { TrainingOptions } from "./options.js";
import { resolveOptions } from "./resolve-options.js";
import { RunFolder } from "./run-folder.js";

let folder: string;
let earlier: RunFolder;
const fresh = () => new RunFolder(join(folder, "fresh"));
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-options-"));
  earlier = new RunFolder(join(folder, "earlier"));
  const options = TrainingOptions.parse({ dataset: "photos", hiddenSize: 96, layer: "grid", learningRate: 0.01 });
  await earlier.writeDescription({
    formatVersion: 1,
    options,
    engine: "",
    dataset: { name: "", format: "", trainImages: 1, validationImages: 1, captions: 1 },
    backbone: { name: "", layer: "grid", weightsSha256: "", notices: [] },
    captioner: {
      decoder: "soft-attention",
      locations: 1,
      channels: 1,
      featureSize: 1,
      featureEmbedding: false,
      attentionSize: 1,
      embeddingSize: 1,
      hiddenSize: 96,
      vocabularySize: 5,
    },
  });
});
after(() => rm(folder, { recursive: true }));

test("a run takes data set, backbone and sizes over from the one that it starts from, and nothing else", async () => {
  const options = await resolveOptions(fresh(), { from: earlier.path }, false);
  assert.equal(options.dataset, "photos");
  assert.equal(options.layer, "grid");
  assert.equal(options.hiddenSize, 96);
  assert.equal(options.learningRate, TrainingOptions.parse({ dataset: "x" }).learningRate);
});

test("a student takes over what its first teacher reads, and no sizes; the backbone stays", async () => {
  const options = await resolveOptions(fresh(), { teacher: [earlier.path] }, false);
  assert.equal(options.dataset, "photos");
  assert.equal(options.layer, "grid");
  assert.equal(options.hiddenSize, TrainingOptions.parse({ dataset: "x" }).hiddenSize);
  assert.equal(options.backboneLearningRate, 0);
  const tuning = await resolveOptions(fresh(), { teacher: [earlier.path], fineTune: "low" }, false);
  assert.equal(tuning.backboneLearningRate, TrainingOptions.parse({ dataset: "x" }).backboneLearningRate);
});

test("what is given counts more than what is taken over", async () => {
  const options = await resolveOptions(fresh(), { from: earlier.path, dataset: "others" }, false);
  assert.equal(options.dataset, "others");
});

test("self-critical training has defaults of its own, which what is given overrides", async () => {
  const given = { from: earlier.path, objective: "self-critical" };
  const options = await resolveOptions(fresh(), { ...given, outputDropout: 0.2 }, false);
  assert.equal(options.learningRate, 1.5e-4);
  assert.equal(options.backboneLearningRate, 0);
  assert.equal(options.stateDropout, 0);
  assert.equal(options.outputDropout, 0.2);
});

test("without a data set, and from what is no run, nothing begins", async () => {
  await assert.rejects(resolveOptions(fresh(), {}, false), { code: "USAGE", message: /dataset is missing/ });
  await assert.rejects(resolveOptions(fresh(), { from: folder }, false), { code: "RUN_INVALID" });
});
