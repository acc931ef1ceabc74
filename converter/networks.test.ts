import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { packageRoot } from "../files/package-root.js";
import { assertConverts, noiseTensor, stirWeights } from "../test/conversion.js";
import { convert, type Graph } from "./index.js";
import { verifyParity } from "./verify/index.js";

type Symbolic = tf.SymbolicTensor;

before(async () => {
  await tf.setBackend("cpu");
});

const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;
const conv = (x: Symbolic, filters: number, more: object = {}) =>
  tf.layers.conv2d({ filters, kernelSize: 3, padding: "same", ...more }).apply(x) as Symbolic;
const norm = (x: Symbolic) => tf.layers.batchNormalization({}).apply(x) as Symbolic;
const relu = (x: Symbolic) => tf.layers.reLU({}).apply(x) as Symbolic;

test("a residual network keeps one transpose, and no batch normalisation that follows a convolution", async () => {
  const image = tf.input({ shape: [9, 8, 3] });
  let x = relu(norm(conv(image, 4, { strides: 2, useBias: false })));
  for (let i = 0; i < 2; i++) {
    const y = norm(conv(relu(norm(conv(x, 4))), 4, { useBias: false }));
    x = relu(tf.layers.add().apply([x, y]) as Symbolic);
  }
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x);
  const model = tf.model({ inputs: image, outputs: tf.layers.dense({ units: 5 }).apply(pooled) as Symbolic });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 9, 8, 3])]);
  assert.equal(count(graph, "Transpose"), 1);
  assert.equal(count(graph, "BatchNormalization"), 0);
  assert.equal(count(graph, "Conv"), 5);
});

test("a network that normalises before it convolves keeps its normalisation as one node", async () => {
  const image = tf.input({ shape: [6, 6, 3] });
  let x = conv(image, 4);
  for (let i = 0; i < 2; i++) x = tf.layers.concatenate().apply([x, conv(relu(norm(x)), 2)]) as Symbolic;
  const model = tf.model({ inputs: image, outputs: x });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 6, 6, 3])]);
  assert.equal(count(graph, "Transpose"), 2);
  assert.equal(count(graph, "BatchNormalization"), 2);
});

test("squeeze-and-excitation needs no transposes of its own", async () => {
  const image = tf.input({ shape: [6, 6, 3] });
  const x = conv(image, 4);
  const mean = tf.layers.globalAveragePooling2d({}).apply(x);
  const wide = tf.layers.reshape({ targetShape: [1, 1, 4] }).apply(mean) as Symbolic;
  const small = tf.layers.conv2d({ filters: 2, kernelSize: 1, activation: "swish" }).apply(wide);
  const gates = tf.layers.conv2d({ filters: 4, kernelSize: 1, activation: "sigmoid" }).apply(small) as Symbolic;
  const dense = tf.layers.dense({ units: 4, activation: "sigmoid" }).apply(mean);
  const flat = tf.layers.reshape({ targetShape: [1, 1, 4] }).apply(dense) as Symbolic;
  const y = tf.layers.multiply().apply([tf.layers.multiply().apply([x, gates]) as Symbolic, flat]) as Symbolic;
  const model = tf.model({ inputs: image, outputs: conv(y, 3) });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 6, 6, 3])]);
  assert.equal(count(graph, "Transpose"), 2);
});

test("a U-shaped network of any height and width", async () => {
  const image = tf.input({ shape: [null, null, 2], name: "image" });
  const down = relu(conv(image, 4, { strides: 2 }));
  const pad = tf.layers.zeroPadding2d({ padding: 1 }).apply(down) as Symbolic;
  const deep = tf.layers.prelu({ sharedAxes: [1, 2] }).apply(conv(pad, 4, { padding: "valid" })) as Symbolic;
  const up = tf.layers.upSampling2d({ size: [2, 2] }).apply(deep) as Symbolic;
  const joined = tf.layers.concatenate().apply([up, image]) as Symbolic;
  const model = tf.model({ inputs: image, outputs: conv(joined, 3, { activation: "softmax" }) });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 6, 8, 2])]);
  assert.deepEqual(graph.inputs[0]!.shape, ["N", "H", "W", 2]);
  assert.equal(graph.outputs[0]!.shape[3], 3);
  assert.equal(count(graph, "Transpose"), 2);
  assert.equal(count(graph, "Pad"), 0);
});

test("bytes are transposed before they are widened", async () => {
  const image = tf.input({ shape: [6, 6, 3], name: "image" });
  const scaled = tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 }).apply(image) as Symbolic;
  const padded = tf.layers
    .zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    })
    .apply(scaled) as Symbolic;
  const model = tf.model({ inputs: image, outputs: conv(padded, 3, { strides: 2, padding: "valid" }) });
  stirWeights(model);
  const pixels = tf.tidy(() => tf.floor(noiseTensor([2, 6, 6, 3]).abs().mul(127)));
  const { graph } = await assertConverts(model, [pixels], { inputs: { image: { dtype: "uint8" } } });
  assert.deepEqual(
    graph.nodes.map((node) => node.op),
    ["Transpose", "Cast", "Mul", "Add", "Conv", "Transpose"],
  );
});

test("nested, shared and sequential models, several inputs and outputs", async () => {
  const block = tf.sequential({
    name: "block",
    layers: [
      tf.layers.dense({ name: "same_name", units: 4, inputShape: [3], activation: "relu" }),
      tf.layers.dense({ name: "second", units: 3 }),
    ],
  });
  const inner = tf.input({ shape: [3] });
  const dense = tf.layers.dense({ name: "other_dense", units: 2 }).apply(block.apply(inner)) as Symbolic;
  const nested = tf.model({ name: "nested", inputs: inner, outputs: [dense, inner] });
  const [a, b] = [tf.input({ shape: [3], name: "a" }), tf.input({ shape: [3], name: "b" })];
  const shared = tf.layers.dense({ name: "shared", units: 3 });
  const [x, again] = nested.apply(shared.apply(shared.apply(a))) as Symbolic[];
  const [y] = nested.apply(b) as Symbolic[];
  const sum = tf.layers.add({ name: "sum" }).apply([x!, y!]) as Symbolic;
  const model = tf.model({ inputs: [a, b], outputs: [sum, again!, block.apply(b) as Symbolic, b] });
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([2, 3], 1), noiseTensor([2, 3], 2)], {
    outputs: ["first", "second", "third", "fourth"],
  });
  assert.deepEqual(
    graph.outputs.map((output) => output.name),
    ["first", "second", "third", "fourth"],
  );
  assert.equal([...graph.initializers.keys()].filter((name) => name.startsWith("shared/")).length, 2);
});

const MOBILENET = join(packageRoot(), "../shared/data/mobilenet_v1_0.75_224");

test("MobileNetV1 as published", { skip: !existsSync(MOBILENET) && "needs ../shared/data" }, async () => {
  const json = JSON.parse(readFileSync(join(MOBILENET, "model.json"), "utf8"));
  const groups = json.weightsManifest as { paths: string[]; weights: tf.io.WeightsManifestEntry[] }[];
  const shards = groups.flatMap((group) => group.paths).map((path) => readFileSync(join(MOBILENET, path)));
  const artifacts = {
    modelTopology: json.modelTopology,
    weightSpecs: groups.flatMap((group) => group.weights),
    weightData: new Uint8Array(Buffer.concat(shards)).buffer,
  };
  const { graph } = await convert(artifacts, { outputs: ["probabilities"], keep: { conv_pw_11_relu: "features" } });
  assert.equal(count(graph, "Transpose"), 2);
  assert.equal(count(graph, "Conv"), 28);
  assert.equal(graph.nodes.length, 61);
  assert.deepEqual(graph.types.get("features"), { dtype: "float32", shape: ["N", 14, 14, 384] });
  await tf.setBackend("cpu");
  const model = await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  const rows = await verifyParity(model, graph, { input_1: noiseTensor([1, 224, 224, 3]) });
  for (const row of rows) assert.ok(row.ok, `${row.output} ${row.maxRelative}`);
});
