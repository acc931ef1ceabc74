import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sha256 } from "../../files/hash.js";
import { addCaptioner } from "../../test/tiny-captioner.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import type { Manifest } from "../core/index.js";
import { verifyModel } from "./index.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-verify-"));
after(() => rm(folder, { recursive: true }));

test("a sound model passes every check, in each precision", async () => {
  const model = join(folder, "sound");
  await writeTinyModel(model, { precisions: ["fp32", "fp16"] });
  const { ok, checks } = await verifyModel(model);
  assert.deepEqual(
    checks.map(({ check, ok }) => [check, ok]),
    [
      ["manifest and tokenizer", true],
      ["encoder fp32", true],
      ["encoder fp16", true],
      ["decoder fp32", true],
      ["decoder fp16", true],
      ["trial run fp32", true],
      ["trial run fp16", true],
    ],
  );
  assert.ok(ok);
});

test("a captioner writes what encoder and decoder write, with weights out of their files", async () => {
  const model = join(folder, "captioner");
  const manifest = await addCaptioner(model, await writeTinyModel(model, { channels: 48, hidden: 40 }));
  const { checks } = await verifyModel(model);
  assert.deepEqual(
    checks.filter(({ check }) => check.includes("captioner")).map(({ check, ok }) => [check, ok]),
    [
      ["captioner fp32", true],
      ["trial run of captioner fp32", true],
    ],
    JSON.stringify(checks),
  );
  const { bytes } = manifest.graphs.captioner!.fp32!;
  const both = manifest.graphs.encoder.fp32!.bytes + manifest.graphs.decoder.fp32!.bytes;
  assert.ok(bytes < both, `${bytes} of ${both}`);

  // Another decoder under true hashes: the captioner's own parts no longer fit, or it writes other words.
  const other = join(folder, "captioner-of-another");
  const another = await addCaptioner(other, await writeTinyModel(other, { channels: 48, hidden: 40, seed: 5 }));
  const file = await readFile(join(other, "captioner.fp32.onnx"));
  await writeFile(join(model, "captioner.fp32.onnx"), file);
  const { externalData } = manifest.graphs.captioner!.fp32!;
  manifest.graphs.captioner = { fp32: { ...another.graphs.captioner!.fp32!, externalData } };
  await writeFile(join(model, "model.json"), JSON.stringify(manifest));
  const swapped = await verifyModel(model);
  const failed = swapped.checks.filter(({ ok }) => !ok);
  assert.deepEqual(
    failed.map(({ check }) => check),
    ["trial run of captioner fp32"],
  );
  assert.match(failed[0]!.message, /It writes ".*" where encoder and decoder write ".*"|score/);
});

test("weights that lie in another file are checked with the graph that reads them", async () => {
  const model = join(folder, "captioner-altered");
  await addCaptioner(model, await writeTinyModel(model));
  const path = join(model, "encoder.fp32.onnx");
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 4;
  await writeFile(path, bytes);
  const { checks } = await verifyModel(model);
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ check }) => check),
    ["encoder fp32", "captioner fp32"],
  );
});

test("an altered graph fails its check, the others go on", async () => {
  const model = join(folder, "altered");
  await writeTinyModel(model);
  const path = join(model, "decoder.fp32.onnx");
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 4;
  await writeFile(path, bytes);
  const { ok, checks } = await verifyModel(model);
  assert.equal(ok, false);
  assert.deepEqual(
    checks.filter(({ ok }) => !ok).map(({ check }) => check),
    ["decoder fp32"],
  );
  assert.match(checks.find(({ check }) => check === "decoder fp32")!.message, /sha256/);
});

test("a graph that is not what the manifest says is found out although its hash is right", async () => {
  const model = join(folder, "swapped");
  const other = join(folder, "other");
  await writeTinyModel(model);
  await writeTinyModel(other, { hidden: 12 });
  const bytes = await readFile(join(other, "decoder.fp32.onnx"));
  await writeFile(join(model, "decoder.fp32.onnx"), bytes);
  const manifest = JSON.parse(await readFile(join(model, "model.json"), "utf8")) as Manifest;
  Object.assign(manifest.graphs.decoder.fp32!, { bytes: bytes.length, sha256: sha256(bytes) });
  await writeFile(join(model, "model.json"), JSON.stringify(manifest));
  const { ok, checks } = await verifyModel(model);
  assert.equal(ok, false);
  const { message } = checks.find(({ check }) => check === "decoder fp32")!;
  assert.match(message, /input hidden is float32 \[N,12\], model\.json says float32 \[N,10\]/);
  assert.ok(!checks.some(({ check }) => check.startsWith("trial run")));
});

test("attention may leave a share to a sentinel, and is never more than all", async () => {
  for (const [attentionTotal, sound] of [
    [0.6, true],
    [1.1, false],
    [-0.5, false],
  ] as const) {
    const model = join(folder, `attention-${attentionTotal}`);
    await writeTinyModel(model, { attentionTotal });
    const { ok, checks } = await verifyModel(model);
    assert.equal(ok, sound, `${attentionTotal}`);
    const trial = checks.find(({ check }) => check === "trial run fp32")!;
    assert.equal(trial.ok, sound);
    if (!sound) assert.match(trial.message, /Attention/);
  }
});

test("a folder that is none says so", async () => {
  const { ok, checks } = await verifyModel(join(folder, "absent"));
  assert.equal(ok, false);
  assert.match(checks[0]!.message, /no model folder/);
});
