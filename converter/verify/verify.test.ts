import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { stirWeights } from "../../test/conversion.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32 } from "../graph/tensor.js";
import { type Converted, convert } from "../index.js";
import { assertVerified, type Verification, verify } from "./index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Symbolic = tf.SymbolicTensor;

/** Convolutions with and without normalisation, a branch, a nested model and dense layers. */
function network(): tf.LayersModel {
  const apply = (layer: tf.layers.Layer, x: Symbolic | Symbolic[]) => layer.apply(x) as Symbolic;
  const conv = (name: string) => tf.layers.conv2d({ name, filters: 4, kernelSize: 3, padding: "same" });
  const image = tf.input({ shape: [8, 8, 3], name: "image" });
  let x = apply(conv("conv_a"), image);
  x = apply(tf.layers.batchNormalization({ name: "norm_a" }), x);
  x = apply(tf.layers.reLU({ name: "relu_a" }), x);
  const y = apply(tf.layers.activation({ name: "tanh_b", activation: "tanh" }), apply(conv("conv_b"), x));
  x = apply(tf.layers.add({ name: "sum" }), [x, y]);
  x = apply(tf.layers.flatten({ name: "flat" }), x);
  const head = tf.sequential({
    name: "head",
    layers: [
      tf.layers.dense({ name: "wide", units: 6, inputShape: [256], activation: "elu" }),
      tf.layers.dense({ name: "narrow", units: 3 }),
    ],
  });
  x = apply(head, x);
  const model = tf.model({ inputs: image, outputs: [apply(tf.layers.softmax({ name: "probabilities" }), x), y] });
  stirWeights(model);
  return model;
}

/** The same conversion with one constant changed. */
function altered(converted: Converted, name: string): Converted {
  const tensor = converted.graph.initializers.get(name)!;
  const data = (tensor.data as Float32Array).map((value, i) => value + (i % 2) - 0.3);
  const initializers = new Map(converted.graph.initializers).set(name, { ...tensor, data });
  return { ...converted, graph: { ...converted.graph, initializers } };
}

/** Two stateful layers one behind the other, and one that looks at the input alone. */
function stateful(): tf.LayersModel {
  const x = tf.input({ batchShape: [2, 3, 5], name: "x" });
  const memory = tf.layers
    .lstm({ name: "memory", units: 4, stateful: true, returnSequences: true })
    .apply(x) as Symbolic;
  const last = tf.layers.gru({ name: "last", units: 3, stateful: true }).apply(memory) as Symbolic;
  const side = tf.layers.dense({ name: "side", units: 2 }).apply(x) as Symbolic;
  const model = tf.model({ inputs: x, outputs: [last, side] });
  stirWeights(model);
  return model;
}

test("a model that keeps states begins with none and is compared over several runs that follow each other", async () => {
  const model = stateful();
  const converted = await convert(model);
  for (const options of [{}, { model }]) {
    const result = await verify(converted, options);
    assert.deepEqual(
      result.outputs.map(({ output, ok }) => [output, ok]),
      [
        ["last", true],
        ["side", true],
      ],
    );
    assert.deepEqual(
      result.inputs.map(({ name }) => name),
      ["x", "memory/state_0", "memory/state_1", "last/state_0"],
    );
  }
  // States handed on in another order are right in the first run alone.
  const states = JSON.parse(converted.graph.metadata.states!) as Record<string, string>;
  const [one, two] = ["memory/state_0", "memory/state_1"] as const;
  const crossed = JSON.stringify({ ...states, [one]: states[two], [two]: states[one] });
  const wrong = {
    ...converted,
    graph: { ...converted.graph, metadata: { ...converted.graph.metadata, states: crossed } },
  };
  assert.equal((await verify(wrong)).ok, false);
});

test("chosen outputs of a model that keeps states: the states that they need stay outputs", async () => {
  const model = stateful();
  const inner = await convert(model, { outputs: { memory: "sequence" } });
  assert.deepEqual(
    inner.graph.outputs.map(({ name }) => name),
    ["sequence", "memory/next_state_0", "memory/next_state_1"],
  );
  assert.equal((await verify(inner)).ok, true);
  const none = await convert(model, { outputs: { side: "y" } });
  assert.deepEqual(
    [none.graph.inputs.length, none.graph.outputs.length, none.graph.metadata.states],
    [1, 1, undefined],
  );
  assert.equal((await verify(none)).ok, true);
  const named = await convert(model, { outputs: { "last/next_state_0": "state", last: "y" } });
  assert.equal(JSON.parse(named.graph.metadata.states!)["last/state_0"], "state");
  assert.equal((await verify(named)).ok, true);
});

test("a sound conversion: a row an output, the inputs and both times", async () => {
  const converted = await convert(network());
  const result = await verify(converted);
  assert.deepEqual(
    result.outputs.map(({ output, shape, dtype, ok }) => ({ output, shape, dtype, ok })),
    [
      { output: "probabilities", shape: [1, 3], dtype: "float32", ok: true },
      { output: "tanh_b", shape: [1, 8, 8, 4], dtype: "float32", ok: true },
    ],
  );
  assert.deepEqual(result.inputs, [{ name: "image", shape: [1, 8, 8, 3], dtype: "float32" }]);
  assert.ok(result.milliseconds.tfjs > 0 && result.milliseconds.onnxruntime > 0);
  assert.deepEqual([result.ok, result.first], [true, undefined]);
  assertVerified(result);
  assert.deepEqual((await verify(converted)).outputs, result.outputs, "the noise is the same each time");
  assert.notDeepEqual((await verify(converted, { seed: 2 })).outputs, result.outputs);
});

test("an altered weight is found where it stands, also where passes have folded layers and turned axes", async () => {
  for (const optimize of [true, false]) {
    const converted = await convert(network(), { optimize });
    const weights = [...converted.graph.initializers]
      .filter(([, { dtype, shape }]) => dtype === "float32" && shape.length > 0)
      .map(([name]) => name);
    let found = 0;
    for (const name of weights) {
      const owner = name.split("/")[0]!;
      const result = await verify(altered(converted, name));
      assert.equal(result.ok, false, name);
      assert.equal(result.first?.source, owner, `${name} with ${optimize ? "" : "no "}passes: ${result.first?.node}`);
      assert.throws(() => assertVerified(result), {
        code: "PARITY_FAILED",
        message: new RegExp(`first node.*"${owner}`),
      });
      found += 1;
    }
    assert.ok(found >= 8, `${found} weights`);
  }
});

test("layers that give the wrong shape or type fail too", async () => {
  const converted = await convert(network());
  const { graph } = converted;
  const nodes = graph.nodes.map((node) => (node.op === "Softmax" ? { ...node, op: "ArgMax", attributes: {} } : node));
  const result = await verify({
    ...converted,
    graph: { ...graph, nodes, outputs: [{ name: "probabilities", dtype: "int64", shape: [1, 3] }, graph.outputs[1]!] },
  });
  assert.deepEqual(
    result.outputs.map(({ ok }) => ok),
    [false, true],
  );
  assert.equal(result.first?.source, "probabilities");
});

test("inputs as the graph takes them: bytes, channels first, without the last axis, rows of a table, some outputs", async () => {
  const ok = async (model: tf.LayersModel, options: Parameters<typeof convert>[1]): Promise<Verification> => {
    const result = await verify(await convert(model, options));
    for (const row of result.outputs) assert.ok(row.ok, `${row.output}: ${row.maxRelative}`);
    return result;
  };
  const model = network();
  await ok(model, { layout: "nchw", inputs: { image: { dtype: "uint8", name: "pixels" } } });
  await ok(model, { outputs: { sum: "sum", tanh_b: "b", head: "logits" } });

  const token = tf.input({ shape: [1], name: "token" });
  const state = tf.input({ shape: [4], name: "state" });
  const rows = tf.layers.embedding({ name: "table", inputDim: 5, outputDim: 4 }).apply(token) as Symbolic;
  const flat = tf.layers.flatten().apply(rows) as Symbolic;
  const sum = tf.layers.add({ name: "sum" }).apply([flat, state]) as Symbolic;
  const step = tf.model({ inputs: [token, state], outputs: [sum, flat] });
  stirWeights(step);
  const inputs = { state: {}, token: { dtype: "int64", squeeze: true, name: "word" } } as const;
  const squeezed = await ok(step, { inputs });
  assert.deepEqual(squeezed.inputs, [
    { name: "state", shape: [1, 4], dtype: "float32" },
    { name: "word", shape: [1], dtype: "int64" },
  ]);
  await ok(step, { outputs: { table: "rows" } });

  const converted = await convert(step, { inputs });
  const given = { word: { dtype: "float32", shape: [3], data: [4, 0, 1] } };
  assert.deepEqual((await verify(converted, { inputs: given })).outputs[0]!.shape, [3, 4]);
  const wrong = (values: Record<string, { dtype: string; shape: number[]; data: number[] }>) =>
    verify(converted, { inputs: values });
  await assert.rejects(wrong({ token: given.word }), { code: "USAGE", message: /no input "token".*state, word/ });
  const state3 = { dtype: "float32", shape: [2, 4], data: Array<number>(8).fill(0) };
  await assert.rejects(wrong({ ...given, state: state3 }), {
    code: "USAGE",
    message: /\[N\].*\[3\] is given|\[N, 4\]/,
  });
});

test("free height and width", async () => {
  const image = tf.input({ shape: [null, null, 3], name: "image" });
  const conv = tf.layers.conv2d({ name: "conv", filters: 2, kernelSize: 3, strides: 4 }).apply(image) as Symbolic;
  const result = await verify(await convert(tf.model({ inputs: image, outputs: conv })));
  assert.deepEqual(result.inputs[0]!.shape, [1, 128, 128, 3]);
  assert.ok(result.ok);
});

/** tanh(x * scale) + x, and a node beside it, as a graph-model and as the graph that it should become. */
async function graphModel() {
  const node = (name: string, op: string, input: string[] = [], attr: object = {}) => ({
    name,
    op,
    input,
    attr: { T: { type: "DT_FLOAT" }, dtype: { type: "DT_FLOAT" }, ...attr },
  });
  const shape = { shape: { shape: { dim: [{ size: "-1" }, { size: "3" }] } } };
  const artifacts: tf.io.ModelArtifacts = {
    format: "graph-model",
    modelTopology: {
      node: [
        node("x", "Placeholder", [], shape),
        node("scale", "Const"),
        node("scaled", "Mul", ["x", "scale"]),
        node("tanh", "Tanh", ["scaled"]),
        node("sum", "AddV2", ["tanh", "x"]),
      ],
      versions: { producer: 1 },
    },
    weightSpecs: [{ name: "scale", dtype: "float32", shape: [3] }],
    weightData: new Float32Array([1, 2, 3]).buffer,
    signature: {
      inputs: { data: { name: "x:0", dtype: "DT_FLOAT", tensorShape: { dim: [{ size: "-1" }, { size: "3" }] } } },
      outputs: { result: { name: "sum:0" } },
    },
  };
  const b = new GraphBuilder(17);
  const x = b.input("data", "float32", ["N", 3]);
  const scaled = b.within("scaled", () => b.add("Mul", [x, b.constant(float32([1, 2, 3]), "factor")]));
  const tanh = b.within("tanh", () => b.add("Tanh", [scaled]));
  const sum = b.within("sum", () => b.add("Add", [tanh, x]));
  const graph = b.finish("graph", [{ name: "result", value: sum }], { metadata: {} });
  const origin = { inputs: [{ name: "data" }], outputs: ["result"] };
  return { graph, artifacts, origin, report: { precision: "fp32" } } as unknown as Converted;
}

test("graph-models are run by the names of their signature, and an altered weight is found by its node", async () => {
  const converted = await graphModel();
  const result = await verify(converted);
  assert.deepEqual([result.ok, result.outputs[0]!.output], [true, "result"]);
  const live = await tf.loadGraphModel(tf.io.fromMemory(converted.artifacts));
  assert.ok((await verify(converted, { model: live })).ok);
  assert.ok((await verify({ ...converted, origin: { ...converted.origin, outputs: [0] } })).ok);
  const wrong = await verify(altered(converted, "scaled/factor"));
  assert.deepEqual([wrong.ok, wrong.first?.node, wrong.first?.source], [false, "scaled/Mul", "scaled"]);
});

test("a model that tfjs cannot load or run gives one clear error", async () => {
  const converted = await graphModel();
  const topology = { node: [{ name: "x", op: "NoSuchOperator", input: [], attr: {} }] };
  const unknown = { ...converted, artifacts: { ...converted.artifacts, modelTopology: topology } };
  await assert.rejects(verify(unknown), { code: /CONVERT_INVALID_MODEL|USAGE/, message: /TensorFlow\.js/ } as never);
});
