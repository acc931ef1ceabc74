import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertConverts, noiseTensor, stirWeights } from "../test/conversion.js";
import { type ConvertOptions, convert, type Graph, registerLayer } from "./index.js";
import { verifyParity } from "./verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Symbolic = tf.SymbolicTensor;

function twoInputs(): tf.LayersModel {
  const [a, b] = [tf.input({ shape: [3], name: "a" }), tf.input({ shape: [3], name: "b" })];
  const sum = tf.layers.add({ name: "sum" }).apply([a, b]) as Symbolic;
  const x = tf.layers.dense({ name: "x", units: 4, activation: "relu" }).apply(sum) as Symbolic;
  const y = tf.layers.dense({ name: "y", units: 2 }).apply(b) as Symbolic;
  const model = tf.model({ inputs: [a, b], outputs: [x, y] });
  stirWeights(model);
  return model;
}

function images(): tf.LayersModel {
  const image = tf.input({ shape: [null, null, 3], name: "image" });
  const conv = tf.layers
    .conv2d({ name: "conv", filters: 4, kernelSize: 3, strides: 2, padding: "same", activation: "relu" })
    .apply(image) as Symbolic;
  const mean = tf.layers.globalAveragePooling2d({ name: "mean" } as never).apply(conv) as Symbolic;
  const model = tf.model({ inputs: image, outputs: mean });
  stirWeights(model);
  return model;
}

const names = (values: { name: string }[]) => values.map(({ name }) => name);
const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length;
const usage = (message: RegExp) => ({ code: "USAGE", message });

test("a live model, its artifacts and handlers for them give the same bytes", async () => {
  const model = twoInputs();
  const { artifacts, bytes } = await convert(model);
  const whole = tf.io.CompositeArrayBuffer.join(artifacts.weightData);
  const streamed = {
    ...artifacts,
    weightData: undefined,
    getWeightStream: () =>
      new ReadableStream<ArrayBuffer>({
        start(controller) {
          for (let at = 0; at < whole.byteLength; at += 9) controller.enqueue(whole.slice(at, at + 9));
          controller.close();
        },
      }),
  };
  const sources = [artifacts, tf.io.fromMemory(artifacts), tf.io.fromMemorySync(artifacts), streamed];
  for (const source of sources) assert.deepEqual((await convert(source)).bytes(), bytes());
  await assert.rejects(convert({} as never), { code: "CONVERT_INVALID_MODEL" });
  await assert.rejects(convert(undefined as never), { code: "CONVERT_INVALID_MODEL" });
});

test("the report counts layers, nodes, parameters and bytes", async () => {
  const { report, bytes } = await convert(twoInputs());
  const expected = { kind: "layers-model", opset: 17, layers: 5, parameters: 24, warnings: [] };
  assert.deepEqual({ ...report, ...expected }, report);
  assert.equal(report.bytes, bytes().length);
  assert.ok(report.nodes > 0 && report.nodes <= report.nodesBefore && report.milliseconds > 0);
});

test("outputs in another order, under other names, and from inside the model", async () => {
  const model = twoInputs();
  const named = await convert(model, { outputs: ["first", "second"] });
  assert.deepEqual(
    [names(named.graph.outputs), named.origin.outputs],
    [
      ["first", "second"],
      [0, 1],
    ],
  );

  const chosen = await convert(model, { outputs: { y: "x", sum: "inner", x: "y" } });
  assert.deepEqual(
    [names(chosen.graph.outputs), chosen.origin.outputs],
    [
      ["x", "inner", "y"],
      [1, "sum", 0],
    ],
  );
  const reference = tf.model({
    inputs: model.inputs,
    outputs: [model.outputs[1]!, model.getLayer("sum").output as Symbolic, model.outputs[0]!],
  });
  const values = { a: noiseTensor([2, 3], 1), b: noiseTensor([2, 3], 2) };
  for (const optimize of [true, false]) {
    const { graph } = await convert(model, { outputs: { y: "x", sum: "inner", x: "y" }, optimize });
    for (const row of await verifyParity(reference, graph, values)) assert.ok(row.ok, row.output);
  }

  const one = await convert(model, { outputs: { y: "y" } });
  assert.deepEqual([names(one.graph.inputs), names(one.graph.outputs)], [["b"], ["y"]]);
  assert.deepEqual([...one.graph.initializers.keys()].sort(), ["y/bias", "y/kernel"]);
  await assert.rejects(convert(model, { outputs: { z: "z" } }), usage(/no output "z".*but: x, y/));
  await assert.rejects(convert(model, { outputs: { x: "same", y: "same" } }), usage(/"same"/));
  await assert.rejects(convert(model, { outputs: { x: "a" } }), usage(/"a"/));
  await assert.rejects(convert(model, { outputs: { a: "c" } }), usage(/no output "a"/));
  await assert.rejects(convert(model, { outputs: {} }), usage(/none/));
});

test("inputs in another order and under other names", async () => {
  const { graph, origin } = await convert(twoInputs(), { inputs: { b: { name: "image" }, a: {} } });
  assert.deepEqual(
    [names(graph.inputs), names(origin.inputs)],
    [
      ["image", "a"],
      ["b", "a"],
    ],
  );
  await assert.rejects(convert(twoInputs(), { inputs: { c: {} } }), usage(/no input "c"/));
});

test("free extents are named, fixed and given other names", async () => {
  const model = images();
  const shape = async (options: ConvertOptions) => (await convert(model, options)).graph.inputs[0]!.shape;
  assert.deepEqual(await shape({}), ["N", "H", "W", 3]);
  assert.deepEqual(await shape({ batch: 8 }), [8, "H", "W", 3]);
  assert.deepEqual(await shape({ inputs: { image: { shape: [1, null, 32, 3] } }, batch: 8 }), [1, "H", 32, 3]);
  assert.deepEqual(await shape({ inputs: { image: { shape: ["B", "rows", null, null] } } }), ["B", "rows", "W", 3]);
  const fixed = await assertConverts(model, [noiseTensor([1, 9, 8, 3])], {
    inputs: { image: { shape: [1, 9, 8, 3] } },
  });
  assert.deepEqual(fixed.graph.types.get("conv")!.shape, [1, 4, 5, 4]);
  const wrong = (given: (number | null)[]) => convert(model, { inputs: { image: { shape: given } } });
  await assert.rejects(wrong([1, 9, 8, 4]), usage(/axis 3 is 3 in the model/));
  await assert.rejects(wrong([1, 9, 8]), usage(/has 4 axes \(\?,\?,\?,3\), 3 are given/));
  await assert.rejects(wrong([1, 0, 8, 3]), usage(/0 is no extent/));
  await assert.rejects(convert(model, { batch: 0.5 }), usage(/batch of 0.5/));
});

test("images as [N, C, H, W]: no transpose is left before the convolution", async () => {
  const model = images();
  const { graph, origin } = await convert(model, { layout: "nchw" });
  assert.deepEqual(graph.inputs[0], { name: "image", dtype: "float32", shape: ["N", 3, "H", "W"] });
  assert.deepEqual(origin.inputs, [{ name: "image", layout: "nchw" }]);
  assert.equal(count(graph, "Transpose"), 0);
  const reference = { inputNames: ["image"], predict: (x: tf.Tensor) => model.predict(tf.transpose(x, [0, 2, 3, 1])) };
  const [row] = await verifyParity(reference as never, graph, { image: noiseTensor([2, 3, 8, 6]) });
  assert.ok(row!.ok, `${row!.maxRelative}`);
  const pixels = await convert(model, { layout: "nchw", inputs: { image: { dtype: "uint8", name: "pixels" } } });
  assert.deepEqual(pixels.graph.inputs[0], { name: "pixels", dtype: "uint8", shape: ["N", 3, "H", "W"] });
  assert.equal(count(pixels.graph, "Transpose"), 0);
  await assert.rejects(convert(twoInputs(), { layout: "nchw" }), usage(/a \[N, 3\], b \[N, 3\]/));
  const first = tf.sequential({
    layers: [tf.layers.conv2d({ filters: 2, kernelSize: 1, dataFormat: "channelsFirst", inputShape: [3, 4, 4] })],
  });
  await assert.rejects(convert(first, { layout: "nchw" }), usage(/No input is an image/));
});

test("weights in half the bytes", async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 64, inputShape: [64] })] });
  stirWeights(model);
  const [whole, half] = [await convert(model), await convert(model, { precision: "fp16" })];
  assert.ok(half.report.bytes < 0.6 * whole.report.bytes);
  const input = half.graph.inputs[0]!.name;
  const [row] = await verifyParity(model, half.graph, { [input]: noiseTensor([2, 64]) }, { tolerance: 2e-3 });
  assert.ok(row!.ok && row!.maxRelative > 1e-7, `${row!.maxRelative}`);
  await assert.rejects(convert(model, { precision: "int4" as never }), usage(/int4.*fp32, fp16, int8/));
});

test("every operator set is honoured: onnxruntime loads each and agrees", async () => {
  const image = tf.input({ shape: [7, 6, 3], name: "image" });
  const activation = (name: string, x: Symbolic) =>
    tf.layers.activation({ activation: name as "relu", name }).apply(x) as Symbolic;
  let x = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same" }).apply(image) as Symbolic;
  for (const name of ["mish", "gelu", "gelu_new", "hardSigmoid", "swish"]) x = activation(name, x);
  x = tf.layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }).apply(x) as Symbolic;
  x = tf.layers.zeroPadding2d({ padding: 1 }).apply(x) as Symbolic;
  x = tf.layers.layerNormalization({}).apply(x) as Symbolic;
  x = tf.layers.averagePooling2d({ poolSize: 2, padding: "same" }).apply(x) as Symbolic;
  const pooled = [
    tf.layers.globalMaxPooling2d({} as never).apply(x) as Symbolic,
    tf.layers.globalAveragePooling2d({} as never).apply(x) as Symbolic,
  ];
  const both = tf.layers.concatenate().apply(pooled) as Symbolic;
  const rows = tf.layers.reshape({ targetShape: [4, 2] }).apply(both) as Symbolic;
  const lstm = tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 3 }) as never }).apply(rows) as Symbolic;
  const model = tf.model({ inputs: image, outputs: lstm });
  stirWeights(model);
  for (const opset of [17, 18, 19, 20, 21]) {
    const { graph } = await assertConverts(model, [noiseTensor([2, 7, 6, 3])], { opset });
    assert.equal(graph.opset, opset);
    assert.equal(count(graph, "Gelu"), opset < 20 ? 0 : 2);
  }
  for (const opset of [16, 22, 17.5]) await assert.rejects(convert(model, { opset }), usage(/17 to 21/));
});

test("an own layer that emits what the operator set lacks is refused", async () => {
  class Own extends tf.layers.Layer {
    static className = "OwnGelu";
    override call(inputs: tf.Tensor | tf.Tensor[]) {
      return Array.isArray(inputs) ? inputs[0]! : inputs;
    }
  }
  tf.serialization.registerClass(Own);
  registerLayer("OwnGelu", ({ b, x }) => b.add("Gelu", [x]));
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] }), new Own({ name: "own" })] });
  await assert.rejects(convert(model), { code: "CONVERT_UNSUPPORTED", message: /"own\/Gelu" \(Gelu\) needs opset 20/ });
  await convert(model, { opset: 20 });
});
