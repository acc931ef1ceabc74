import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertConverts, noiseTensor, stirWeights } from "../test/conversion.js";
import { compose, convert, cut, optimize, readOnnx, toFloat16Weights, writeOnnx } from "./index.js";
import { verifyParity } from "./verify/index.js";

const [L, D, F, A, E, H, V, N] = [6, 5, 4, 7, 3, 8, 11, 3];
type Symbolic = tf.SymbolicTensor;

/** features [N, L, D] -> features [N, L, F], projected [N, L, A], hidden [N, H], cell [N, H] */
function head(): tf.LayersModel {
  const input = tf.input({ shape: [L, D], name: "backbone_features" });
  const normed = tf.layers.layerNormalization({ epsilon: 1e-5 }).apply(input);
  const features = tf.layers.dense({ name: "embedded", units: F, activation: "relu" }).apply(normed) as Symbolic;
  const projected = tf.layers.dense({ units: A }).apply(features);
  const mean = tf.layers.globalAveragePooling1d({}).apply(features);
  const hidden = tf.layers.dense({ units: H, activation: "tanh" }).apply(mean);
  const cell = tf.layers.dense({ units: H, activation: "tanh" }).apply(mean);
  return tf.model({ name: "head", inputs: input, outputs: [features, projected, hidden, cell] as Symbolic[] });
}

/** One word: soft attention, gated context, LSTM, deep output. */
function step(): tf.LayersModel {
  const token = tf.input({ shape: [1], name: "token", dtype: "int32" });
  const hidden = tf.input({ shape: [H], name: "hidden" });
  const cell = tf.input({ shape: [H], name: "cell" });
  const features = tf.input({ shape: [L, F], name: "features" });
  const projected = tf.input({ shape: [L, A], name: "projected" });
  const word = tf.layers.embedding({ inputDim: V, outputDim: E }).apply(token) as Symbolic;
  const query = tf.layers.dense({ units: A, useBias: false }).apply(hidden);
  const spread = tf.layers.reshape({ targetShape: [1, A] }).apply(query) as Symbolic;
  const mixed = tf.layers.add().apply([projected, spread]);
  const energies = tf.layers.dense({ units: 1 }).apply(tf.layers.activation({ activation: "tanh" }).apply(mixed));
  const attention = tf.layers.softmax({ name: "attention" }).apply(tf.layers.flatten({}).apply(energies)) as Symbolic;
  const glimpse = tf.layers.dot({ axes: [1, 1] }).apply([attention, features]) as Symbolic;
  const gate = tf.layers.dense({ units: F, activation: "sigmoid" }).apply(hidden) as Symbolic;
  const context = tf.layers.multiply().apply([gate, glimpse]) as Symbolic;
  const contextStep = tf.layers.reshape({ targetShape: [1, F] }).apply(context) as Symbolic;
  const read = tf.layers.concatenate().apply([word, contextStep]) as Symbolic;
  const lstm = tf.layers.lstm({ units: H, recurrentActivation: "sigmoid", returnState: true });
  const [output, nextHidden, nextCell] = lstm.apply(read, { initialState: [hidden, cell] }) as Symbolic[];
  const state = tf.layers.concatenate().apply([output!, context]);
  const deep = tf.layers.dense({ units: E, activation: "tanh" }).apply(state);
  const logits = tf.layers.dense({ units: V }).apply(deep) as Symbolic;
  return tf.model({
    name: "decoder",
    inputs: [token, hidden, cell, features, projected],
    outputs: [logits, nextHidden!, nextCell!, attention],
  });
}

/** image [N, 8, 8, 3], 0..255 -> [N, 6, D] */
function backbone(): tf.LayersModel {
  const image = tf.input({ shape: [8, 12, 3], name: "image" });
  const scaled = tf.layers.rescaling({ scale: 1 / 127.5, offset: -1 }).apply(image);
  const conv = tf.layers
    .conv2d({ filters: 6, kernelSize: 3, strides: 2, padding: "same", useBias: false, name: "stem" })
    .apply(scaled);
  const norm = tf.layers.reLU({ maxValue: 6 }).apply(tf.layers.batchNormalization({}).apply(conv));
  const deep = tf.layers.depthwiseConv2d({ kernelSize: 3, padding: "same", useBias: false }).apply(norm);
  const sum = tf.layers.add().apply([norm, tf.layers.batchNormalization({}).apply(deep)] as Symbolic[]);
  const pooled = tf.layers.maxPooling2d({ poolSize: 2, strides: 2, padding: "same" }).apply(sum);
  const point = tf.layers.conv2d({ filters: D, kernelSize: 1, activation: "relu", name: "top" }).apply(pooled);
  const flat = tf.layers.reshape({ targetShape: [L, D] }).apply(point) as Symbolic;
  return tf.model({ name: "backbone", inputs: image, outputs: flat });
}

const pixels = () => tf.tidy(() => tf.floor(tf.mul(tf.abs(noiseTensor([N, 8, 12, 3])), 127)));
const names = ["features", "projected", "hidden", "cell"];

before(async () => {
  await tf.setBackend("cpu");
});

test("a captioner's head", async () => {
  const model = head();
  stirWeights(model);
  const { graph } = await assertConverts(model, [noiseTensor([N, L, D])], { outputs: names });
  assert.deepEqual(graph.inputs, [{ name: "backbone_features", dtype: "float32", shape: ["N", L, D] }]);
  assert.deepEqual(
    graph.outputs.map(({ name, shape }) => [name, ...shape]),
    [
      ["features", "N", L, F],
      ["projected", "N", L, A],
      ["hidden", "N", H],
      ["cell", "N", H],
    ],
  );
});

test("a decoder step takes int64 tokens [N] and names its outputs", async () => {
  const model = step();
  stirWeights(model);
  const inputs = [
    noiseTensor([N, 1], 1, { dtype: "int32", below: V }),
    noiseTensor([N, H], 2),
    noiseTensor([N, H], 3),
    noiseTensor([N, L, F], 4),
    noiseTensor([N, L, A], 5),
  ];
  const outputs = ["logits", "next_hidden", "next_cell", "attention"];
  const { graph } = await assertConverts(model, inputs, {
    inputs: { token: { dtype: "int64", squeeze: true } },
    outputs,
  });
  assert.deepEqual(graph.inputs[0], { name: "token", dtype: "int64", shape: ["N"] });
  assert.deepEqual(
    graph.outputs.map(({ name, shape }) => [name, ...shape]),
    [
      ["logits", "N", V],
      ["next_hidden", "N", H],
      ["next_cell", "N", H],
      ["attention", "N", L],
    ],
  );
});

test("an encoder of backbone and head can be cut at the backbone's features, in fp32 and fp16", async () => {
  const [first, second] = [backbone(), head()];
  stirWeights(first);
  stirWeights(second);
  const eyes = await assertConverts(first, [pixels()], {
    inputs: { image: { dtype: "uint8" } },
    outputs: ["features"],
  });
  const brain = await convert(second, { outputs: names });
  const encoder = optimize(compose(eyes.graph, brain.graph, { features: "backbone_features" }));
  assert.deepEqual(encoder.inputs, [{ name: "image", dtype: "uint8", shape: ["N", 8, 12, 3] }]);
  assert.deepEqual(
    encoder.outputs.map((output) => output.name),
    names,
  );

  const whole = tf.model({ inputs: first.inputs, outputs: second.apply(first.outputs) as Symbolic[] });
  for (const row of await verifyParity(whole, encoder, { image: pixels() })) assert.ok(row.ok, row.output);
  for (const stored of [encoder, toFloat16Weights(encoder)]) {
    const again = readOnnx(writeOnnx(stored));
    const frozen = optimize(cut(again, ["backbone_features"]));
    assert.deepEqual(frozen.outputs, [{ name: "backbone_features", dtype: "float32", shape: ["N", L, D] }]);
    assert.ok(frozen.nodes.length < stored.nodes.length);
    const rows = await verifyParity(first, frozen, { image: pixels() }, { tolerance: 1e-2 });
    for (const row of rows) assert.ok(row.ok, row.output);
  }
});
