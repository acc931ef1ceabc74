import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { MANIFEST_SCHEMA_ID } from "../runtime/core/index.js";
import { openSafetensors } from "../training/weights/safetensors.js";
import { showtell } from "./command.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

let folder: string;
let training: string[];
const path = (...parts: string[]) => join(folder, ...parts);
const env = () => ({ SHOWTELL_CACHE: path("cache") });
/** All tensors of the last checkpoint: weights, both moments, average. */
async function lastTensors(run: string): Promise<Map<string, Float32Array>> {
  const file = await openSafetensors(path(run, "checkpoints", "last.safetensors"));
  return new Map(file.names.map((name) => [name, file.read(name).data]));
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-pipeline-"));
  const dataset = await writeToyDataset(path("data"), 64);
  const backbone = await writeToyBackbone(path("backbone"));
  training = [...toyTraining(dataset, backbone), "--epochs", "30", "--patience", "30"];
});
after(() => rm(folder, { recursive: true, force: true }));

test("train, export, evaluate and caption on a data set of one's own", async () => {
  const trained = await showtell([...training, "--out", path("run"), "--json"], { env: env() });
  assert.equal(trained.code, 0, trained.stderr);
  const result = JSON.parse(trained.stdout);
  assert.ok(result.bestScore > 3, `it learns the toy data: CIDEr-D ${result.bestScore}`);

  const exported = await showtell(
    ["export", path("run"), "--out", path("model"), "--precision", "fp32,fp16,int8", "--engine", "wasm"],
    { env: env() },
  );
  assert.equal(exported.code, 0, exported.stderr);
  for (const output of ["features", "projected", "hidden", "cell", "logits", "next_hidden", "next_cell", "attention"]) {
    assert.match(exported.stdout, new RegExp(`fp32 +${output} .* ok`));
    assert.match(exported.stdout, new RegExp(`fp16 +${output} .* ok`));
    assert.match(exported.stdout, new RegExp(`int8 +${output} .* ok`));
  }
  for (const precision of ["fp32", "fp16", "int8"]) {
    for (const output of ["tokens", "scores", "attention"]) {
      assert.match(exported.stdout, new RegExp(`captioner +${precision} +${output} .* ok`));
    }
  }

  const evaluated = await showtell(
    [
      "evaluate",
      "--model",
      path("model"),
      "--dataset",
      path("data", "captions.csv"),
      "--split",
      "val",
      "--precision",
      "fp32",
      "--json",
      "--save",
    ],
    { env: env() },
  );
  assert.equal(evaluated.code, 0, evaluated.stderr);
  const evaluation = JSON.parse(evaluated.stdout);
  assert.ok(evaluation.scores["CIDEr-D"] > 3, evaluated.stdout);
  const manifest = JSON.parse(await readFile(path("model", "model.json"), "utf8"));
  assert.equal(manifest.$schema, MANIFEST_SCHEMA_ID);
  assert.deepEqual(manifest.evaluation[0].scores, evaluation.scores);
  assert.match(await readFile(path("model", "README.md"), "utf8"), /CIDEr-D/);

  const captioned = await showtell(["caption", path("data", "images", "0.png"), "--model", path("model"), "--json"]);
  assert.equal(captioned.code, 0, captioned.stderr);
  assert.match(JSON.parse(captioned.stdout).caption, /red.*circle|circle.*red/);

  const inBytes = await showtell([
    ...["caption", path("data", "images", "0.png"), "--model", path("model"), "--precision", "int8", "--json"],
  ]);
  assert.equal(inBytes.code, 0, inBytes.stderr);
  assert.equal(JSON.parse(inBytes.stdout).caption, JSON.parse(captioned.stdout).caption);
  assert.deepEqual(
    ["encoder", "decoder", "captioner"].map((role) => manifest.graphs[role].int8.file),
    ["encoder.int8.onnx", "decoder.int8.onnx", "captioner.int8.onnx"],
  );
  assert.deepEqual(
    manifest.graphs.captioner.int8.externalData.map(({ file, sha256 }: { file: string; sha256: string }) => [
      file,
      sha256,
    ]),
    ["encoder", "decoder"].map((role) => [manifest.graphs[role].int8.file, manifest.graphs[role].int8.sha256]),
  );
  const verified = await showtell(["models", "verify", path("model")]);
  assert.equal(verified.code, 0, verified.stdout);
  assert.match(verified.stdout, /ok +trial run of captioner int8 +the same words/);

  // Without the data set of the run, images are named.
  const moved = JSON.parse(await readFile(path("run", "run.json"), "utf8"));
  await cp(path("run"), path("moved"), { recursive: true });
  moved.options.dataset = path("gone");
  await writeFile(path("moved", "run.json"), JSON.stringify(moved));
  const args = ["export", path("moved"), "--precision", "int8", "--engine", "wasm", "--out", path("model-int8")];
  const lost = await showtell(args, { env: env() });
  assert.equal(lost.code, 2);
  assert.match(lost.stderr, /FILE_NOT_FOUND.*--calibration/s);
  const entropy = ["--calibration-method", "entropy", "--least-decibels", "36"];
  const named = await showtell([...args, "--calibration", path("data", "images"), ...entropy], { env: env() });
  assert.equal(named.code, 0, named.stderr);
  const { quantization } = JSON.parse(await readFile(path("model-int8", "model.json"), "utf8"));
  assert.deepEqual([quantization.method, quantization.images, quantization.leastDecibels], ["entropy", 64, 36]);
  const card = await readFile(path("model-int8", "README.md"), "utf8");
  assert.match(card, /Ranges by `entropy`, seen on 64 images/);
  const lossy = Object.entries<{ inFloat: { node: string; reason: string }[] }>(quantization.graphs).flatMap(
    ([graph, { inFloat }]) => inFloat.filter(({ reason }) => / dB/.test(reason)).map(({ node }) => ({ graph, node })),
  );
  assert.ok(lossy.length > 0, JSON.stringify(quantization));
  for (const { graph, node } of lossy) {
    assert.ok(card.includes(`- ${graph}, \`${node}\``), card);
    assert.ok(named.stderr.includes(`In float32: ${graph}, ${node} `), named.stderr);
  }

  // Arithmetic in float16: the same contract, and the same caption.
  const half = ["export", path("run"), "--out", path("model-half"), "--precision", "fp16", "--compute", "fp16"];
  const halved = await showtell([...half, "--engine", "wasm"], { env: env() });
  assert.equal(halved.code, 0, halved.stderr);
  assert.match(halved.stdout, /decoder +fp16 +logits .* ok/);
  assert.match(halved.stdout, /captioner +fp16 +tokens .* ok/);
  const { graphs } = JSON.parse(await readFile(path("model-half", "model.json"), "utf8"));
  for (const role of ["encoder", "decoder", "captioner"]) {
    const { compute, inputs, outputs } = graphs[role].fp16;
    assert.equal(compute, "fp16");
    assert.deepEqual(
      { inputs, outputs },
      { inputs: manifest.graphs[role].fp16.inputs, outputs: manifest.graphs[role].fp16.outputs },
    );
    assert.equal(manifest.graphs[role].fp16.compute, "fp32");
  }
  const inHalf = await showtell(["caption", path("data", "images", "0.png"), "--model", path("model-half"), "--json"]);
  assert.equal(JSON.parse(inHalf.stdout).caption, JSON.parse(captioned.stdout).caption);
  assert.equal((await showtell(["models", "verify", path("model-half")])).code, 0);

  // The exported model's encoder serves as a frozen backbone again.
  const again = training.map((value) => (value.endsWith("model.json") ? path("model") : value));
  const without = again.filter(
    (_, i) => !["--layer", "--normalize"].includes(again[i]) && !["--layer", "--normalize"].includes(again[i - 1]),
  );
  const retrained = await showtell([...without, "--epochs", "1", "--out", path("run-2")], { env: env() });
  assert.equal(retrained.code, 0, retrained.stderr);
  const reexported = await showtell(["export", path("run-2"), "--out", path("model-2"), "--engine", "wasm"], {
    env: env(),
  });
  assert.equal(reexported.code, 0, reexported.stderr);
  assert.match(reexported.stdout, /head +fp32 +features .* ok/);
});

for (const [decoder, sizes] of [
  ["adaptive", { feature: 32, state: 32 }],
  ["top-down", { feature: 24, state: 64 }],
] as const) {
  test(`${decoder}: train, go on self-critically, export, verify, evaluate and caption`, async () => {
    const [run, model] = [path(`${decoder}-run`), path(`${decoder}-model`)];
    const options = ["--decoder", decoder, "--feature-size", String(sizes.feature)];
    const trained = await showtell([...training, ...options, "--out", run, "--json"], { env: env() });
    assert.equal(trained.code, 0, trained.stderr);
    assert.ok(JSON.parse(trained.stdout).bestScore > 3, trained.stdout);
    const further = ["--objective", "self-critical", "--from", run, "--learning-rate", "0.0001", "--epochs", "1"];
    const critical = await showtell([...training, ...options, ...further, "--out", `${run}-2`], { env: env() });
    assert.equal(critical.code, 0, critical.stderr);

    const exported = await showtell(
      ["export", `${run}-2`, "--out", model, "--precision", "fp32,fp16", "--engine", "wasm"],
      { env: env() },
    );
    assert.equal(exported.code, 0, exported.stderr);
    for (const precision of ["fp32", "fp16"]) {
      for (const output of ["hidden", "cell", "next_hidden", "next_cell"]) {
        assert.match(exported.stdout, new RegExp(`${precision} +${output} +\\[\\d, ${sizes.state}\\] .* ok`));
      }
      assert.match(exported.stdout, new RegExp(`${precision} +attention +\\[3, 16\\] .* ok`));
    }
    const verified = await showtell(["models", "verify", model]);
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    const dataset = path("data", "captions.csv");
    const evaluated = await showtell(
      ["evaluate", "--model", model, "--dataset", dataset, "--split", "val", "--precision", "fp32", "--json"],
      { env: env() },
    );
    assert.equal(evaluated.code, 0, evaluated.stderr);
    assert.ok(JSON.parse(evaluated.stdout).scores["CIDEr-D"] > 3, evaluated.stdout);
    const captioned = await showtell(["caption", path("data", "images", "0.png"), "--model", model, "--json"]);
    assert.equal(captioned.code, 0, captioned.stderr);
    assert.match(JSON.parse(captioned.stdout).caption, /red.*circle|circle.*red/);
  });
}

/** Kills a run three times and asserts that it ends where one that was never stopped ends. */
async function killAndResume(name: string, options: string[]): Promise<void> {
  const [wholeRun, killedRun] = [`${name}-whole`, `${name}-killed`];
  const common = [...training, "--epochs", "5", ...options];
  const whole = await showtell([...common, "--out", path(wholeRun)], { env: env() });
  assert.equal(whole.code, 0, whole.stderr);
  const args = [...common, "--checkpoint-seconds", "0", "--out", path(killedRun)];
  for (const pattern of [/Epoch 1\/5: 1\//, /Epoch 1: /, /Epoch 2\/5: 1\//]) {
    const resume = pattern.source.startsWith("Epoch 1\\/5") ? [] : ["--resume"];
    const killed = await showtell([...args, ...resume], {
      env: env(),
      onStderr: (text, child) => {
        if (pattern.test(text)) child.kill("SIGKILL");
      },
    });
    assert.equal(killed.signal, "SIGKILL", killed.stderr);
  }
  const resumed = await showtell([...args, "--resume"], { env: env() });
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.deepEqual(await lastTensors(killedRun), await lastTensors(wholeRun));
  const log = async (run: string) =>
    (await readFile(path(run, "log.jsonl"), "utf8"))
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .filter((entry) => entry.kind === "epoch")
      .map((entry) => entry.scores);
  assert.deepEqual(await log(killedRun), await log(wholeRun));
  const leftovers = (await readdir(path(killedRun), { recursive: true })).filter((file) => file.endsWith(".tmp"));
  assert.deepEqual(leftovers, []);
}

test("killed at any moment and resumed, a run ends with the weights of one never stopped", () =>
  killAndResume("cross-entropy", []));

test("killed and resumed, self-critical training ends with the same weights too", () =>
  killAndResume("self-critical", ["--objective", "self-critical", "--from", path("run"), "--learning-rate", "0.001"]));

test("killed and resumed, fine-tuning ends with the same weights too, and its backbone is exported", async () => {
  await killAndResume("tuned", ["--from", path("run"), "--fine-tune", "first", "--augment", "mirror"]);
  const kernel = (await lastTensors("tuned-whole")).get("values/grid/kernel")!;
  const file = await openSafetensors(path("tuned-whole", "checkpoints", "best.safetensors"));
  assert.ok(file.names.includes("grid/kernel") && file.names.includes("grid/bias") && kernel.length === 3 * 3 * 8 * 12);

  const exported = await showtell(["export", path("tuned-whole"), "--out", path("tuned-model"), "--engine", "wasm"], {
    env: env(),
  });
  assert.equal(exported.code, 0, exported.stderr);
  const scores = async (model: string) => {
    const args = ["evaluate", "--model", path(model), "--dataset", path("data", "captions.csv"), "--split", "val"];
    return JSON.parse((await showtell([...args, "--json"], { env: env() })).stdout).scores;
  };
  const log = await readFile(path("tuned-whole", "log.jsonl"), "utf8");
  const validated = log
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter(({ kind }) => kind === "epoch");
  const best = Math.max(...validated.map((entry) => entry.scores["CIDEr-D"]));
  assert.ok(Math.abs((await scores("tuned-model"))["CIDEr-D"] - best) < 0.05);

  const all = ["train", "--from", path("run"), "--out", path("all"), "--fine-tune", "all", "--engine", "wasm"];
  const everything = await showtell([...all, "--epochs", "1"], { env: env() });
  assert.equal(everything.code, 0, everything.stderr);
  const { names } = await openSafetensors(path("all", "checkpoints", "best.safetensors"));
  assert.ok(names.includes("first/kernel") && names.includes("grid/kernel"));
  const reexported = await showtell(["export", path("all"), "--out", path("all-model"), "--engine", "wasm"], {
    env: env(),
  });
  assert.equal(reexported.code, 0, reexported.stderr);

  // A run that goes on from here takes over the data set, the sizes and the backbone's trained part.
  const next = await showtell(
    ["train", "--from", path("tuned-whole"), "--out", path("next"), "--engine", "wasm", "--epochs", "1", "--json"],
    { env: env() },
  );
  assert.equal(next.code, 0, next.stderr);
  const read = async (run: string) => JSON.parse(await readFile(path(run, "run.json"), "utf8"));
  assert.deepEqual((await read("next")).captioner, (await read("tuned-whole")).captioner);
  const elsewhere = ["train", "--from", path("tuned-whole"), "--out", path("other"), "--fine-tune", "grid"];
  const refused = await showtell([...elsewhere, "--engine", "wasm"], { env: env() });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /BACKBONE_LAYER/);
});

test("Ctrl-C keeps the work, says so, and exits with 1", async () => {
  let pressed = false;
  const stopped = await showtell([...training, "--out", path("stopped")], {
    env: env(),
    onStderr: (text, child) => {
      if (!pressed && /Epoch 1\/30: 1\//.test(text)) pressed = child.kill("SIGINT");
    },
  });
  assert.equal(stopped.code, 1, stopped.stderr);
  assert.match(stopped.stderr, /INTERRUPTED.*--resume/s);
  assert.doesNotMatch(stopped.stderr, /\n\s+at /);
});

test("what does not fit is refused with its code", async () => {
  const cases: [string, string[], RegExp, number][] = [
    [
      "self-critical training from nothing",
      [...training, "--out", path("critical"), "--objective", "self-critical"],
      /USAGE.*--from/,
      2,
    ],
    ["fine-tuning from nothing", [...training, "--out", path("fine"), "--fine-tune", "first"], /USAGE.*--from/, 2],
    [
      "fine-tuning from a layer that is not there",
      [...training, "--out", path("fine"), "--from", path("run"), "--fine-tune", "second"],
      /BACKBONE_LAYER.*first/,
      2,
    ],
    [
      "fine-tuning what has no layers",
      [...training, "--out", path("fine"), "--from", path("run"), "--fine-tune", "grid"],
      /BACKBONE_LAYER/,
      2,
    ],
    ["a run in the way", [...training, "--out", path("run")], /FILE_EXISTS/, 2],
    [
      "resumed with other options",
      [...training, "--out", path("run"), "--resume", "--hidden-size", "33"],
      /CHECKPOINT_INVALID.*hiddenSize/,
      1,
    ],
    ["no run to export", ["export", path("data"), "--out", path("x"), "--engine", "wasm"], /RUN_INVALID/, 2],
    ["a model in the way", ["export", path("run"), "--out", path("model"), "--engine", "wasm"], /FILE_EXISTS/, 2],
    ["an unknown precision", ["export", path("run"), "--out", path("y"), "--precision", "fp7"], /USAGE.*fp7/, 2],
    [
      "an unknown calibration method",
      ["export", path("run"), "--out", path("y"), "--precision", "int8", "--calibration-method", "mean"],
      /USAGE.*max.*percentile.*entropy/,
      2,
    ],
    [
      "arithmetic that is not known",
      ["export", path("run"), "--out", path("y"), "--precision", "fp16", "--compute", "int4"],
      /USAGE.*fp32 or fp16/,
      2,
    ],
    [
      "arithmetic in float16 for another precision",
      ["export", path("run"), "--out", path("y"), "--compute", "fp16"],
      /USAGE.*precision fp16/,
      2,
    ],
    ["an unknown decoder", [...training, "--out", path("z"), "--decoder", "sideways"], /USAGE.*adaptive/, 2],
    [
      "sizes that adaptive attention cannot add",
      [...training, "--out", path("z"), "--decoder", "adaptive"],
      /USAGE.*--feature-size 24/,
      2,
    ],
    [
      "weights of another decoder",
      [...training, "--out", path("other"), "--decoder", "top-down", "--from", path("run")],
      /CHECKPOINT_INVALID/,
      1,
    ],
    ["an unknown flag", ["train", "--out", path("z"), "--dataset", "scenes", "--sideways"], /unknown option/, 2],
    ["a value out of range", [...training, "--out", path("z"), "--state-dropout", "1.5"], /USAGE.*stateDropout/, 2],
    [
      "an unknown backbone",
      ["train", "--out", path("z"), "--dataset", path("data", "captions.csv"), "--backbone", "resnet-9000"],
      /resnet-9000/,
      2,
    ],
  ];
  for (const [name, args, pattern, code] of cases) {
    const result = await showtell(args, { env: env() });
    assert.match(result.stderr, new RegExp(pattern.source, "s"), name);
    assert.equal(result.code, code, `${name}: ${result.stderr}`);
    assert.doesNotMatch(result.stderr, /\n\s+at /, name);
  }
});

test("a damaged checkpoint is refused, not trained on", async () => {
  await cp(path("run"), path("damaged"), { recursive: true });
  const file = path("damaged", "checkpoints", "last.safetensors");
  await writeFile(file, (await readFile(file)).subarray(0, 5000));
  const result = await showtell([...training, "--epochs", "31", "--out", path("damaged"), "--resume"], { env: env() });
  assert.match(result.stderr, /CHECKPOINT_INVALID/);
  assert.equal(result.code, 1);
});
