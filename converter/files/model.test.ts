import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { noiseTensor, stirWeights } from "../../test/conversion.js";
import { saveModel } from "../../test/save-model.js";
import { convert } from "../index.js";
import { verifyParity } from "../verify/index.js";
import { openModel } from "./index.js";

let folder: string;
before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-files-"));
});
after(() => rm(folder, { recursive: true }));

function dense(): tf.LayersModel {
  const layers = [
    tf.layers.dense({ name: "wide", units: 5, inputShape: [3], activation: "tanh" }),
    tf.layers.dense({ name: "narrow", units: 2 }),
  ];
  const model = tf.sequential({ layers });
  stirWeights(model);
  return model;
}

// biome-ignore lint/suspicious/noExplicitAny: these tests write what no type allows.
type Json = any;

/** The same model.json with another entry for one weight. */
function edited(json: Json, weight: number, entry: object): Json {
  Object.assign(json.weightsManifest[0].weights[weight], entry);
  return json;
}

/** A copy of a saved model with another model.json. */
async function changed(path: string, name: string, change: (json: Json) => Json): Promise<string> {
  const to = join(folder, name);
  await cp(join(path, ".."), to, { recursive: true });
  const json = JSON.parse(await readFile(path, "utf8"));
  await writeFile(join(to, "model.json"), JSON.stringify(change(json)));
  return join(to, "model.json");
}

test("shards of any size, given by file or folder, with all that model.json says", async () => {
  const model = dense();
  const entries = {
    generatedBy: "someone",
    convertedBy: null,
    signature: { inputs: {} },
    userDefinedMetadata: { words: ["a"] },
    modelInitializer: { node: [] },
    initializerSignature: {},
  };
  const path = await saveModel(model, join(folder, "shards"), { shardBytes: 7, entries });
  const { kind, artifacts } = await openModel(join(folder, "shards"));
  assert.equal(kind, "layers-model");
  assert.deepEqual({ ...artifacts, ...entries, format: "layers-model" }, artifacts);
  const { graph } = await convert(path);
  const [row] = await verifyParity(model, graph, { [graph.inputs[0]!.name]: noiseTensor([4, 3]) });
  assert.ok(row!.ok, `${row!.maxRelative}`);
});

test("several groups of shards, and quantised weights", async () => {
  const model = dense();
  const path = await saveModel(model, join(folder, "whole"), { quantise: true });
  const split = await changed(path, "groups", ({ weightsManifest: [{ weights }], ...json }) => ({
    ...json,
    weightsManifest: [
      { paths: ["a.bin"], weights: weights.slice(0, 2) },
      { paths: ["deep/b.bin"], weights: weights.slice(2) },
      { paths: [], weights: [] },
    ],
  }));
  const data = await readFile(join(folder, "whole", "shard0.bin"));
  await writeFile(join(folder, "groups", "a.bin"), data.subarray(0, 20));
  await cp(join(folder, "groups", "a.bin"), join(folder, "groups", "deep", "b.bin"));
  await writeFile(join(folder, "groups", "deep", "b.bin"), data.subarray(20));
  const loaded = await tf.loadLayersModel(tf.io.fromMemory((await openModel(path)).artifacts));
  const { graph } = await convert(split);
  const [row] = await verifyParity(loaded, graph, { [graph.inputs[0]!.name]: noiseTensor([4, 3]) });
  assert.ok(row!.ok, `${row!.maxRelative}`);
});

test("a graph-model is told by its nodes, whatever its format says", async () => {
  const path = join(folder, "graph.json");
  await writeFile(path, JSON.stringify({ format: "layers-model", modelTopology: { node: [] }, weightsManifest: [] }));
  assert.equal((await openModel(path)).kind, "graph-model");
});

test("files that are missing, cut off, damaged or hostile: one error that names them", async () => {
  const path = await saveModel(dense(), join(folder, "sound"), { shardBytes: 50 });
  const refused = (given: string, code: string, message: RegExp) => assert.rejects(openModel(given), { code, message });
  const hostile = (name: string) =>
    changed(path, `path-${Math.random()}`, (json) => {
      json.weightsManifest[0].paths[0] = name;
      return json;
    });
  await refused(join(folder, "nowhere", "model.json"), "FILE_NOT_FOUND", /nowhere/);
  await refused(await hostile("gone.bin"), "FILE_NOT_FOUND", /model\.json: shard "gone\.bin"/);
  for (const name of [
    "../sound/shard0.bin",
    "/etc/passwd",
    "C:\\x",
    "a/../../b",
    "..\\x",
    "file:///etc/passwd",
    "",
    "a\0",
  ]) {
    await refused(await hostile(name), "CONVERT_INVALID_MODEL", /is no path of a shard/);
  }
  await refused(await hostile("shard1.bin"), "CONVERT_INVALID_MODEL", /named twice/);
  await refused(await hostile("."), "CONVERT_INVALID_MODEL", /is no file/);

  await cp(join(folder, "sound"), join(folder, "cut"), { recursive: true });
  await truncate(join(folder, "cut", "shard1.bin"), 10);
  await refused(
    join(folder, "cut"),
    "CONVERT_INVALID_MODEL",
    /take 128 bytes of shard0\.bin … shard2\.bin, which hold 88/,
  );

  const json = { text: "{", list: "[]", word: '"x"', none: "null", bytes: "\x89PNG\0" };
  for (const [name, text] of Object.entries(json)) {
    await writeFile(join(folder, name), text, "latin1");
    await refused(join(folder, name), "CONVERT_INVALID_MODEL", /is not JSON|holds no JSON object/);
  }
  const edits: [RegExp, (json: Json) => Json][] = [
    [/no weightsManifest/, ({ weightsManifest: _, ...rest }) => rest],
    [/group 0 of weights is malformed/, (all) => ({ ...all, weightsManifest: [null] })],
    [/group 0 of weights is malformed/, (all) => ({ ...all, weightsManifest: [{ paths: [], weights: [null] }] })],
    [/no path of a shard/, (all) => ({ ...all, weightsManifest: [{ paths: [7], weights: [] }] })],
    [/neither layers nor a graph/, ({ modelTopology: _, ...rest }) => rest],
    [/neither layers nor a graph/, ({ format: _, ...rest }) => ({ ...rest, modelTopology: {} })],
    [/take 4000000000000068 bytes/, (all) => edited(all, 0, { shape: [1e15] })],
    [/"wide\/bias": its shape/, (all) => edited(all, 1, { shape: { length: 1e15 } })],
  ];
  for (const [i, [pattern, edit]] of edits.entries()) {
    await refused(await changed(path, `edit-${i}`, edit), "CONVERT_INVALID_MODEL", pattern);
  }
  const odd = await changed(path, "odd", (all) => edited(all, 0, { dtype: "float64" }));
  await refused(odd, "CONVERT_UNSUPPORTED", /odd.model\.json: Weight "wide\/kernel": type float64/);
});
