import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { stirWeights } from "../../test/conversion.js";
import { type Converted, convert } from "../index.js";
import { onnxFiles } from "../write/external.js";
import { stageModel } from "./index.js";

let folder: string;
let converted: Converted;
before(async () => {
  await tf.setBackend("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-write-"));
  const layers = [
    tf.layers.dense({ name: "a", units: 30, inputShape: [20], activation: "tanh" }),
    tf.layers.dense({ name: "b", units: 40 }),
  ];
  const model = tf.sequential({ layers });
  stirWeights(model);
  converted = await convert(model);
});
after(() => rm(folder, { recursive: true }));

async function run(path: string): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
  const values = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
  const results = await session.run({ [session.inputNames[0]!]: new ort.Tensor("float32", values, [1, 20]) });
  await session.release();
  return results[session.outputNames[0]!]!.data as Float32Array;
}

test("weights in a file of their own: the same graph, and neither file there without the other", async () => {
  const path = join(folder, "out", "model.onnx");
  const plain = await stageModel(join(folder, "plain.onnx"), converted.graph);
  await plain.commit();
  const staged = await stageModel(path, converted.graph, { externalData: true });
  assert.deepEqual(await run(staged.path), await run(join(folder, "plain.onnx")));
  assert.equal((await readdir(join(folder, "out"))).filter((name) => !name.startsWith(".")).length, 0);
  await staged.commit();
  assert.deepEqual((await readdir(join(folder, "out"))).sort(), ["model.onnx", "model.onnx.data"]);
  for (const file of staged.files) assert.equal((await stat(file.path)).size, file.bytes);
  assert.ok(staged.files[0]!.bytes < 1500 && staged.files[1]!.bytes >= 4 * (20 * 30 + 30 * 40));
  assert.deepEqual(await run(path), await run(join(folder, "plain.onnx")));
});

test("what stands there stays until it is replaced, and a file without weights beside it leaves none behind", async () => {
  const path = join(folder, "there.onnx");
  await writeFile(path, "mine");
  await assert.rejects(stageModel(path, converted.graph), { code: "FILE_EXISTS", message: /there\.onnx.*--force/ });
  const first = await stageModel(path, converted.graph, { force: true, externalData: true });
  await first.discard();
  assert.equal(await readFile(path, "utf8"), "mine");
  await (await stageModel(path, converted.graph, { force: true, externalData: true })).commit();
  await (await stageModel(path, converted.graph, { force: true })).commit();
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.includes("there")),
    ["there.onnx"],
  );
  await run(path);
});

test("more than one file can hold goes into two", () => {
  const { graph } = converted;
  // Never touched, so that it takes no memory.
  const data = new Float32Array(2 ** 29 + 1);
  const initializers = new Map(graph.initializers).set("huge", { dtype: "float32", shape: [data.length], data });
  const files = onnxFiles({ ...graph, initializers }, "model.onnx");
  assert.deepEqual(
    files.map(({ name }) => name),
    ["model.onnx", "model.onnx.data"],
  );
  assert.ok(files[1]!.bytes > data.byteLength && files[0]!.bytes < 2000);
});
