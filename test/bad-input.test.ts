import assert from "node:assert/strict";
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Finished, showtell } from "./command.js";
import { hugePng, textFile, truncatedJpeg } from "./malformed/images.js";
import { writeTinyModel } from "./tiny-model.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

let folder: string;
let backbone: string;
const path = (...parts: string[]) => join(folder, ...parts);
const run = (...args: string[]) => showtell(args, { env: { SHOWTELL_CACHE: path("cache") } });
const train = (dataset: string, out: string, ...args: string[]) =>
  run(...toyTraining(dataset, backbone), "--out", out, ...args);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-bad-"));
  backbone = await writeToyBackbone(path("backbone"));
  await writeToyDataset(path("good"));
  await writeTinyModel(path("model"));
  await mkdir(path("bad"));
  await writeFile(path("bad", "text.jpg"), textFile());
  await writeFile(path("bad", "cut.jpg"), await truncatedJpeg());
  await writeFile(path("bad", "huge.png"), hugePng());
});
after(() => rm(folder, { recursive: true, force: true }));

/** Writes a caption file beside the good and the bad images. */
async function writeCaptions(name: string, lines: string[]): Promise<string> {
  const file = path("mixed", name);
  await mkdir(path("mixed", "images"), { recursive: true });
  for (const [from, image] of [...BAD.map((image) => ["bad", image]), ...GOOD.map((image) => ["good/images", image])]) {
    await copyFile(path(from, image), path("mixed", "images", image));
  }
  await writeFile(file, `${["image,caption,split", ...lines].join("\n")}\n`);
  return file;
}
const BAD = ["text.jpg", "cut.jpg", "huge.png"];
const GOOD = Array.from({ length: 8 }, (_, i) => `${i}.png`);
const captioned = (image: string, split = "train") => `${image},a picture of a thing,${split}`;

function assertRefused(finished: Finished, exit: 1 | 2, code: string, message: RegExp): void {
  assert.match(finished.stderr, new RegExp(`error ${code}: `), finished.stderr);
  assert.match(finished.stderr, message);
  assert.equal(finished.code, exit, finished.stderr);
  assert.equal(finished.stdout, "");
  assert.doesNotMatch(finished.stderr, /\n\s+at /, "no stack trace");
}

test("an empty data set: DATASET_EMPTY, and no run folder", async () => {
  const empty = await writeCaptions("empty.csv", []);
  assertRefused(await train(empty, path("none")), 1, "DATASET_EMPTY", /empty\.csv has no usable image/);
  const absent = await writeCaptions("absent.csv", [captioned("a.jpg"), captioned("b.jpg")]);
  assertRefused(await train(absent, path("none")), 1, "DATASET_EMPTY", /2 images are not in .*first: a\.jpg/);
  assert.ok(!(await readdir(folder)).includes("none"));

  const noTest = await writeCaptions(
    "no-test.csv",
    GOOD.map((image) => captioned(image)),
  );
  const evaluated = await run("evaluate", "--model", path("model"), "--dataset", noTest);
  assertRefused(evaluated, 1, "DATASET_EMPTY", /no image with captions in its split "test"/);

  await mkdir(path("nothing"));
  assertRefused(await train(path("nothing"), path("none")), 2, "DATASET_FORMAT", /Known are:\n {2}flickr8k/);
  assertRefused(await train(path("nowhere"), path("none")), 2, "FILE_NOT_FOUND", /nowhere does not exist/);
});

test("broken lines and bad images are counted and named, and stop nothing", async () => {
  const file = await writeCaptions("broken.csv", [
    ...GOOD.map((image, i) => captioned(image, i < 6 ? "train" : "val")),
    ...BAD.map((image) => captioned(image)),
    ",no image",
    '"1.png',
    "2.png",
    captioned("absent.png"),
  ]);
  const { code, stderr } = await train(file, path("broken-run"));
  assert.equal(code, 0, stderr);
  assert.match(stderr, /left out: 1 images that are not there: absent\.png/);
  assert.match(stderr, /left out: 3 broken lines or entries: .*broken\.csv:13: no image/);
  assert.match(stderr, /3 images cannot be read and are left out:\n {2}text\.jpg: IMAGE_UNREADABLE: /);
  assert.match(stderr, /huge\.png: IMAGE_TOO_LARGE: /);
  const report = JSON.parse(await readFile(path("broken-run", "dataset-report.json"), "utf8"));
  assert.deepEqual([report.broken.count, report.missing.count, report.unreadable.length], [3, 1, 3]);

  const scored = await run("evaluate", "--model", path("model"), "--dataset", file, "--split", "train", "--json");
  assert.equal(scored.code, 0, scored.stderr);
  const { images, failed } = JSON.parse(scored.stdout);
  assert.deepEqual([images, failed.map(({ image }: { image: string }) => image)], [6, BAD]);
});

test("nothing but broken lines, or nothing but bad images: DATASET_EMPTY", async () => {
  const broken = await writeCaptions("all-broken.csv", [",no image", "2.png"]);
  assertRefused(await train(broken, path("none")), 1, "DATASET_EMPTY", /2 entries are broken/);
  const bad = await writeCaptions(
    "all-bad.csv",
    BAD.map((image) => captioned(image)),
  );
  assertRefused(await train(bad, path("none")), 1, "DATASET_EMPTY", /None of the training images can be read/);
  const evaluated = await run("evaluate", "--model", path("model"), "--dataset", bad, "--split", "train");
  assertRefused(evaluated, 1, "DATASET_EMPTY", /None of the 2 images can be read/);
});

test("a model folder with a missing or altered file: its code, from every command that opens one", async () => {
  const faults: [name: string, spoil: (model: string) => Promise<void>, code: string, message: RegExp][] = [
    ["no-decoder", (model) => rm(join(model, "decoder.fp32.onnx")), "MODEL_ALTERED", /decoder\.fp32\.onnx is missing/],
    ["no-tokenizer", (model) => rm(join(model, "tokenizer.json")), "MODEL_ALTERED", /tokenizer\.json is missing/],
    ["no-manifest", (model) => rm(join(model, "model.json")), "MODEL_INVALID", /it has no model\.json/],
    ["bad-manifest", (model) => writeFile(join(model, "model.json"), "{"), "MODEL_INVALID", /model\.json is not JSON/],
    ["altered", (model) => flipByte(join(model, "encoder.fp32.onnx")), "MODEL_ALTERED", /has the sha256 [0-9a-f]{64}/],
  ];
  const image = path("good", "images", "0.png");
  for (const [name, spoil, code, message] of faults) {
    const model = path(name);
    await cp(path("model"), model, { recursive: true });
    await spoil(model);
    assertRefused(await run("caption", image, "--model", model), 1, code, message);
    const verified = await run("models", "verify", model, "--json");
    assert.deepEqual([verified.code, JSON.parse(verified.stdout).ok], [1, false], name);
  }
  const dataset = path("good", "captions.csv");
  const evaluated = await run("evaluate", "--model", path("altered"), "--dataset", dataset, "--split", "val");
  assertRefused(evaluated, 1, "MODEL_ALTERED", /sha256/);
});

/** Alters a file without altering its size. */
async function flipByte(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1] ^= 1;
  await writeFile(file, bytes);
}

test("a checkpoint from another configuration, or weights from one, are refused", async () => {
  const dataset = path("good", "captions.csv");
  assert.equal((await train(dataset, path("run"))).code, 0);
  assert.equal((await train(dataset, path("wide"), "--hidden-size", "33")).code, 0);
  for (const name of ["last", "best"]) {
    const file = join("checkpoints", `${name}.safetensors`);
    await copyFile(path("wide", file), path("run", file));
  }
  const resumed = await train(dataset, path("run"), "--resume", "--epochs", "2");
  assertRefused(resumed, 1, "CHECKPOINT_INVALID", /last\.safetensors belongs to a run with other options/);
  const exported = await run("export", path("run"), "--out", path("exported"), "--engine", "wasm");
  assertRefused(exported, 1, "CHECKPOINT_INVALID", /best\.safetensors: .* is no tensor of shape/);
  const left = (await readdir(folder)).filter((name) => /exported|tmp/.test(name));
  assert.deepEqual(left, []);
});

test("a training that diverges says at which step and on which images, and keeps no checkpoint of it", async () => {
  const flags = ["--warmup-steps", "0", "--learning-rate", "1e38"];
  const diverged = await train(path("good", "captions.csv"), path("steep"), ...flags);
  assertRefused(diverged, 1, "TRAINING_DIVERGED", /of step \d+ is (NaN|-?Infinity).*images: \d+\.png, \d+\.png/);
  assert.match(diverged.stderr, /--learning-rate/);
  assert.deepEqual(await readdir(path("steep", "checkpoints")).catch(() => []), []);
});

test("paths that cannot be used are the path's fault, not showtell's", async () => {
  const image = path("good", "images", "0.png");
  const below = join(image, "out.png");
  const drawn = await run("caption", image, "--model", path("model"), "--attention", below);
  assert.equal(drawn.code, 2, drawn.stderr);
  assert.match(drawn.stderr, /error (PATH_UNUSABLE|FILE_EXISTS): /);
  const trained = await train(path("good", "captions.csv"), join(image, "run"));
  assert.equal(trained.code, 2, trained.stderr);
  assert.match(trained.stderr, /error (PATH_UNUSABLE|FILE_EXISTS): /);
  const continued = await train(path("good", "captions.csv"), path("none"), "--from", path("nowhere"));
  assertRefused(continued, 2, "RUN_INVALID", /nowhere is not a run/);
});
