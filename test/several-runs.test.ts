import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { showtell } from "./command.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

let folder: string;
let training: string[];
let scoring: string[];
const path = (...parts: string[]) => join(folder, ...parts);

async function run(...args: string[]) {
  return await showtell(args, { env: { SHOWTELL_CACHE: path("cache") } });
}

/** Standard output as JSON of a command that must succeed. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

async function refused(message: RegExp, ...args: string[]) {
  const { code, stderr } = await run(...args, "--engine", "wasm");
  assert.equal(code, 2, stderr);
  assert.match(stderr, message);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-several-"));
  const dataset = await writeToyDataset(path("data"), 64);
  training = [...toyTraining(dataset, await writeToyBackbone(path("backbone"))), "--epochs", "30", "--patience", "30"];
  scoring = ["--dataset", dataset, "--split", "val"];
  await json(...training, "--out", path("first"));
  // Without squares there are other words.
  await json(...training, "--out", path("words"), "--epochs", "1", "--limit", "4");
});
after(() => rm(folder, { recursive: true, force: true }));

test("a smaller captioner learns from two teachers, and its model says from which", async () => {
  const learning = ["--teacher", path("first"), path("first"), "--out", path("student"), "--hidden-size", "20"];
  const learnt = await json(...training, ...learning, "--feature-size", "12");
  assert.ok(learnt.bestScore > 2, JSON.stringify(learnt));

  const { manifest } = await json("export", path("student"), "--out", path("student-model"), "--engine", "wasm");
  const [teacher, student] = manifest.training.stages;
  assert.deepEqual([teacher.hiddenSize, student.hiddenSize, student.teacher], [32, 20, [1, 1]]);
  const card = await readFile(path("student-model", "README.md"), "utf8");
  assert.match(card, /--out runs\/student-model-2 --teacher runs\/student-model-1 runs\/student-model-1 /);
});

test("teachers that cannot teach are refused, and no run is begun", async () => {
  const critical = ["train", "--from", path("first"), "--teacher", path("first"), "--out", path("none")];
  await refused(/USAGE.*no teacher/s, ...critical, "--objective", "self-critical");
  const words = ["train", "--teacher", path("first"), path("words"), "--out", path("none")];
  await refused(/USAGE.*words has another vocabulary/s, ...words);
  assert.ok(!existsSync(path("none", "run.json")));
});

test("several runs become one model, an ensemble, in every precision", async () => {
  const other = ["--decoder", "adaptive", "--feature-size", "32", "--epochs", "12", "--out", path("second")];
  await json(...training, ...other);
  const target = path("ensemble");
  const all = ["export", path("first"), path("second"), path("student"), "--out", target, "--engine", "wasm"];
  const { manifest, parity } = await json(...all, "--precision", "fp32,fp16,int8");
  assert.match(manifest.description, /an ensemble of 3/);
  // The student learnt from the first run.
  assert.deepEqual([manifest.training.members, manifest.training.stages.length], [[1, 2, 3], 3]);
  const checked = new Set(parity.map(({ graph }: { graph: string }) => graph));
  const wanted = [
    "encoder 1",
    "encoder 2",
    "encoder 3",
    "decoder 1",
    "ensemble encoder",
    "ensemble decoder",
    "captioner",
  ];
  assert.deepEqual(
    wanted.filter((graph) => !checked.has(graph)),
    [],
  );
  const verified = await run("models", "verify", target);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  const { scores } = await json("evaluate", "--model", target, ...scoring);
  assert.ok(scores["CIDEr-D"] > 3, JSON.stringify(scores));

  // They share their backbone, which serves as one again.
  const sizes = ["--feature-size", "0", "--layer", "grid", "--epochs", "1", "--minimum-count", "1"];
  await json(
    "train",
    ...scoring.slice(0, 2),
    "--backbone",
    target,
    "--out",
    path("again"),
    ...sizes,
    "--engine",
    "wasm",
  );
});

test("runs that have tuned their backbones otherwise write together too; those of other words do not", async () => {
  const tuning = ["--fine-tune", "first", "--backbone-learning-rate", "0.01", "--epochs", "2", "--engine", "wasm"];
  await json("train", "--from", path("first"), "--out", path("tuned"), ...tuning);
  const pair = ["export", path("first"), path("tuned"), "--out", path("pair"), "--engine", "wasm"];
  const { manifest, parity } = await json(...pair, "--precision", "fp16");
  assert.ok(parity.some(({ graph, ok }: { graph: string; ok: boolean }) => graph === "ensemble encoder" && ok));
  const single = JSON.parse(await readFile(path("student-model", "model.json"), "utf8"));
  assert.notEqual(manifest.backbone.weightsSha256, single.backbone.weightsSha256);
  const verified = await run("models", "verify", path("pair"));
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  await refused(/USAGE.*the vocabulary differs/s, "export", path("first"), path("words"), "--out", path("none"));
});
