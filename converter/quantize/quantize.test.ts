import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { stirWeights } from "../../test/conversion.js";
import { constant, count, finish, runPlainly, samplesOf, values } from "../../test/quantizable.js";
import { convert } from "../convert.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { float32, int64, scalar, sizeOf, toNumbers } from "../graph/tensor.js";
import type { Graph, Tensor } from "../graph/types.js";
import { readOnnx } from "../read/onnx.js";
import { runGraph } from "../verify/session.js";
import { writeOnnx } from "../write/onnx.js";
import { quantize, type Sample } from "./index.js";

before(() => tf.setBackend("cpu"));

/** The graph as onnxruntime runs it, after its own optimisation. */
async function optimized(graph: Graph): Promise<Graph> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-int8-"));
  const file = join(folder, "optimized.onnx");
  try {
    const session = await ort.InferenceSession.create(writeOnnx(graph), {
      optimizedModelFilePath: file,
      graphOptimizationLevel: "extended",
      logSeverityLevel: 3,
    });
    await session.release();
    return readOnnx(await readFile(file));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The constants behind what a node reads through a DequantizeLinear: [stored, scale, zero point]. */
function behind(graph: Graph, name: string): Tensor[] {
  const maker = graph.nodes.find((node) => node.outputs.includes(name))!;
  assert.equal(maker.op, "DequantizeLinear");
  return maker.inputs.map((input) => graph.initializers.get(input)!);
}

test("a convolution with Relu gives what integer arithmetic gives, written out by hand", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [1, 2, 4, 4]);
  const product = b.add("Conv", [x, constant(b, [3, 2, 3, 3], 50, "w"), constant(b, [3], 51, "b")], {
    pads: [1, 1, 1, 1],
  });
  const graph = finish(b, { y: b.add("Relu", [product]) });
  const samples = samplesOf([1, 2, 4, 4], 4);
  for (const vnni of [false, true]) {
    const { graph: small } = await quantize(graph, { run: runGraph, samples, vnni });
    assert.deepEqual(
      small.nodes.map(({ op }) => op).sort(),
      [
        "Conv",
        "DequantizeLinear",
        "DequantizeLinear",
        "DequantizeLinear",
        "DequantizeLinear",
        "QuantizeLinear",
        "QuantizeLinear",
      ],
      "the lower limit of the bytes is the Relu",
    );
    const conv = small.nodes.find(({ op }) => op === "Conv")!;
    const [weights, weightScales] = behind(small, conv.inputs[1]!);
    const [bias, biasScales] = behind(small, conv.inputs[2]!);
    const [, inputScale, inputZero] = behind(small, conv.inputs[0]!).map((tensor) => tensor && toNumbers(tensor)[0]!);
    const [, outputScale, outputZero] = behind(small, "y").map((tensor) => tensor && toNumbers(tensor)[0]!);
    assert.deepEqual([weights!.dtype, bias!.dtype, outputZero], ["int8", "int32", 0]);
    const [w, q, s] = [toNumbers(weights!), toNumbers(bias!), toNumbers(weightScales!)];
    for (const [i, scale] of toNumbers(biasScales!).entries())
      assert.equal(scale, Math.fround(s[i]! * Math.fround(inputScale!)));
    const { y } = await runPlainly(small, samples[0]!);
    const fused = await runGraph(small, (run) => run(samples[0]!));
    const stored = Array.from(samples[0]!.x!.data as Float32Array, (value) =>
      Math.min(255, Math.max(0, Math.round(value / inputScale!) + inputZero!)),
    );
    for (let at = 0; at < 48; at++) {
      const [channel, row, column] = [Math.floor(at / 16), Math.floor(at / 4) % 4, at % 4];
      let sum = q[channel]!;
      for (let i = 0; i < 18; i++) {
        const [input, r, c] = [Math.floor(i / 9), row + (Math.floor(i / 3) % 3) - 1, column + (i % 3) - 1];
        if (r < 0 || r > 3 || c < 0 || c > 3) continue;
        sum += (stored[input * 16 + r * 4 + c]! - inputZero!) * w[channel * 18 + i]!;
      }
      const expected = Math.min(255, Math.max(0, Math.round((sum * inputScale! * s[channel]!) / outputScale!)));
      const actual = Number(y!.data[at]) / outputScale!;
      // Sums that end between two steps may be rounded either way.
      assert.ok(Math.abs(actual - expected) < 1.001, `${at}: ${actual} instead of ${expected}`);
      if (!vnni) assert.ok(Math.abs(Number(fused.y!.data[at]) / outputScale! - expected) < 1.001);
    }
  }
});

/** A small network with what convolutional networks are made of. */
function network(): tf.LayersModel {
  const image = tf.input({ shape: [16, 16, 3], name: "image" });
  const conv = (name: string, filters: number, x: tf.SymbolicTensor, strides = 1) =>
    tf.layers.conv2d({ name, filters, kernelSize: 3, strides, padding: "same" }).apply(x) as tf.SymbolicTensor;
  const apply = (layer: tf.layers.Layer, x: tf.SymbolicTensor | tf.SymbolicTensor[]) =>
    layer.apply(x) as tf.SymbolicTensor;
  const first = apply(tf.layers.batchNormalization({ name: "norm" }), conv("first", 8, image, 2));
  const a = apply(tf.layers.reLU({ name: "relu6", maxValue: 6 }), first);
  const depthwise = tf.layers.depthwiseConv2d({ name: "depthwise", kernelSize: 3, padding: "same" });
  const sum = apply(tf.layers.add({ name: "sum" }), [a, conv("second", 8, apply(depthwise, a))]);
  const pooled = apply(tf.layers.maxPooling2d({ name: "pool", poolSize: 2 }), sum);
  const joined = apply(tf.layers.concatenate({ name: "join" }), [conv("third", 4, pooled), conv("fourth", 4, pooled)]);
  const mean = apply(tf.layers.averagePooling2d({ name: "mean", poolSize: 4 }), joined);
  const hidden = tf.layers.dense({ name: "hidden", units: 12, activation: "relu" });
  const flat = apply(hidden, apply(tf.layers.flatten({ name: "flat" }), mean));
  const out = apply(tf.layers.dense({ name: "classes", units: 5, activation: "softmax" }), flat);
  const model = tf.model({ inputs: image, outputs: out });
  stirWeights(model);
  return model;
}

test("a small network: onnxruntime runs integer kernels, and the outputs stay near", async () => {
  const model = network();
  const samples = samplesOf([1, 16, 16, 3], 16, "image");
  const exact = await convert(model, { outputs: { classes: "scores", sum: "sum" } });
  const calibration = { run: runGraph, samples };
  const { graph, report, unquantized } = await convert(model, {
    outputs: { classes: "scores", sum: "sum" },
    precision: "int8",
    calibration,
  });
  assert.deepEqual(unquantized, exact.graph);
  assert.equal(report.precision, "int8");
  const { outputs, samples: seen, left, bytesBefore } = report.quantization!;
  assert.deepEqual([seen, left, bytesBefore], [16, [], exact.report.bytes]);
  for (const { output, cosine } of outputs) assert.ok(cosine > 0.99, `${output}: ${cosine}`);
  assert.deepEqual(graph.outputs, exact.graph.outputs);
  assert.deepEqual(graph.inputs, exact.graph.inputs);

  const run = await optimized(graph);
  assert.deepEqual(
    ["QLinearConv", "QLinearAdd", "QLinearConcat", "QLinearAveragePool", "QGemm", "Softmax"].map((op) =>
      count(run, op),
    ),
    [5, 1, 1, 1, 2, 1],
    JSON.stringify(run.nodes.map(({ op }) => op)),
  );
  for (const op of ["Conv", "Gemm", "Relu", "Clip", "Add"]) assert.equal(count(run, op), 0, op);

  // What the report says is what comes out.
  const [before, after] = await Promise.all(
    [exact.graph, graph].map((g) => runGraph(g, (infer) => infer(samples[3]!))),
  );
  const apart = Array.from(before!.scores!.data as Float32Array, (value, i) =>
    Math.abs(value - Number(after!.scores!.data[i])),
  );
  assert.ok(Math.max(...apart) <= outputs.find(({ output }) => output === "scores")!.maxAbsolute);
});

test("the largest inputs and weights do not overflow on any processor: joined kernels give what single nodes give", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [1, 8, 6, 6]);
  const ones = (shape: number[]) => b.constant(float32(new Float32Array(sizeOf(shape)).fill(1), shape));
  const conv = b.add("Conv", [x, ones([4, 8, 3, 3])]);
  const odd = b.add("Conv", [
    b.add("Slice", [x, ...[[0], [3], [1]].map((v) => b.constant(int64(v)))]),
    ones([4, 3, 3, 3]),
  ]);
  const flat = b.add("Reshape", [x, b.constant(int64([1, -1]))]);
  const graph = finish(b, { conv, odd, dense: b.add("MatMul", [flat, ones([288, 3])]) });
  const sample = { x: { dtype: "float32", shape: [1, 8, 6, 6], data: new Float32Array(288).fill(1) } };
  const { graph: small, report } = await quantize(graph, { run: runGraph, samples: [sample] });
  assert.equal(count(await optimized(small), "QLinearConv"), 2);
  const [plain, joined] = [await runPlainly(small, sample), await runGraph(small, (run) => run(sample))];
  for (const { output, maxRelative } of report.outputs) {
    const [expected, actual] = [Number(plain[output]!.data[0]), Number(joined[output]!.data[0])];
    assert.ok(Math.abs(expected - actual) < 0.01 * expected && maxRelative < 0.01, `${output}: ${actual}, ${expected}`);
  }
});

test("dense layers: a bias apart is joined, and a Relu at the end is the limit of the bytes", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 6]);
  const dense = (input: Value, shape: [number, number], seed: number) =>
    b.add("Add", [constant(b, [shape[1]], seed), b.add("MatMul", [input, constant(b, shape, seed + 1)])]);
  const hidden = b.add("Tanh", [dense(x, [6, 8], 90)]);
  const sum = b.add("Add", [b.add("MatMul", [x, constant(b, [6, 8], 95)]), hidden]);
  const graph = finish(b, { y: b.add("Relu", [dense(sum, [8, 5], 92)]) });
  const { graph: small, report } = await quantize(graph, { run: runGraph, samples: samplesOf([3, 6]) });
  const run = await optimized(small);
  assert.deepEqual(
    ["QGemm", "Gemm", "MatMul", "FusedGemm", "Relu"].map((op) => count(run, op)),
    [3, 0, 0, 0, 0],
    JSON.stringify(run.nodes.map(({ op }) => op)),
  );
  assert.ok(report.outputs[0]!.cosine > 0.99);
});

test("weights that two products share are stored once; a product of two inputs and normalisation stay", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 4]);
  const w = constant(b, [4, 4], 60, "w");
  const [first, gain] = [b.add("MatMul", [x, w]), constant(b, [4], 61)];
  const normed = b.add("LayerNormalization", [b.add("Tanh", [first]), gain], { axis: -1 });
  const second = b.add("MatMul", [normed, w]);
  const square = b.add("MatMul", [second, b.add("Transpose", [second], { perm: [1, 0] })]);
  const graph = finish(b, { y: square, z: b.add("Softmax", [second], { axis: -1 }) });
  const { graph: small, report } = await quantize(graph, { run: runGraph, samples: samplesOf([3, 4]) });
  const stored = [...small.initializers.values()].filter(({ dtype, shape }) => dtype === "int8" && shape.length === 2);
  assert.equal(stored.length, 1);
  assert.ok(!small.initializers.has("w"), "the float32 weights are gone");
  assert.deepEqual([report.quantized, report.left.length], [2, 1]);
  assert.match(report.left[0]!.reason, /no constants/);
  const run = await optimized(small);
  assert.deepEqual(
    [count(run, "QGemm"), count(run, "FusedMatMul"), count(run, "Softmax")],
    [2, 1, 1],
    JSON.stringify(run.nodes.map(({ op }) => op)),
  );
  for (const { cosine } of report.outputs) assert.ok(cosine > 0.99);
});

test("embeddings and recurrent layers: a step becomes products on bytes, sequences keep float32 arithmetic", async () => {
  const [length, units] = [4, 32];
  for (const steps of [1, length]) {
    const word = tf.input({ shape: [steps], name: "word", dtype: "int32" });
    const [hidden, cell] = ["hidden", "cell"].map((name) => tf.input({ shape: [units], name }));
    const embedded = tf.layers.embedding({ name: "table", inputDim: 50, outputDim: 24 }).apply(word);
    const lstm = tf.layers.lstm({ name: "lstm", units, recurrentActivation: "sigmoid", returnState: true });
    const [output, , memory] = lstm.apply([embedded, hidden, cell] as tf.SymbolicTensor[]) as tf.SymbolicTensor[];
    const scores = tf.layers.dense({ name: "scores", units: 50 }).apply(output!) as tf.SymbolicTensor;
    const model = tf.model({ inputs: [word, hidden!, cell!], outputs: [scores, memory!] });
    stirWeights(model);
    const samples = Array.from({ length: 8 }, (_, i): Sample => {
      const words = Array.from({ length: steps }, (_, t) => (7 * i + 11 * t) % 50);
      return {
        word: { dtype: "int32", shape: [1, steps], data: Int32Array.from(words) },
        hidden: values([1, units], i + 20),
        cell: values([1, units], i + 40),
      };
    });
    const { report, graph } = await convert(model, { precision: "int8", calibration: { run: runGraph, samples } });
    const { outputs, stored } = report.quantization!;
    for (const { output: name, cosine } of outputs) assert.ok(cosine > 0.99, `${steps} steps, ${name}: ${cosine}`);
    assert.deepEqual([count(graph, "LSTM"), stored], steps === 1 ? [0, 1] : [1, 3]);
    const large = [...graph.initializers.values()].filter(
      ({ dtype, data }) => dtype === "float32" && data.length >= 1024,
    );
    assert.deepEqual(large, []);
  }
});

test("what lies within loops and branches stays in float32, and the report names it", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [2, 4]);
  const w = constant(b, [4, 4], 70, "w");
  const start = b.add("MatMul", [x, w]);
  const body = b.body("body", (inner) => {
    inner.input("iteration", "int64", []);
    const going = inner.input("going", "bool", []);
    const state = inner.input("state", "float32", [2, 4]);
    return [going, inner.add("Tanh", [inner.add("MatMul", [state, w])])];
  });
  const times = b.constant(scalar(3, "int64"), "times");
  const [end] = b.addWithBodies("Loop", [times, undefined, start], { body }, [start]);
  const { graph, report } = await quantize(finish(b, { y: end! }), { run: runGraph, samples: samplesOf([2, 4]) });
  assert.deepEqual([report.quantized, report.left.length], [1, 1]);
  assert.match(report.left[0]!.reason, /within the Loop/);
  assert.ok(graph.initializers.has("w"), "the loop reads them in float32");
  assert.ok(report.outputs[0]!.cosine > 0.99);
});

test("a state that is handed on keeps its digits: what only moves numbers is no reason for bytes", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [1, 2, 8]);
  const state = b.add("Reshape", [b.add("Tanh", [x]), b.constant(int64([2, 8]))]);
  const graph = finish(b, { state, y: b.add("Gemm", [state, constant(b, [8, 4], 85)]) });
  const { graph: small, report } = await quantize(graph, { run: runGraph, samples: samplesOf([1, 2, 8]) });
  assert.equal(report.outputs.find(({ output }) => output === "state")!.maxAbsolute, 0);
  assert.equal(count(await optimized(small), "QGemm"), 1);
});

test("at every opset, and with a tensor that is output, kept and read in float32 at once", async () => {
  for (const opset of [17, 19, 21]) {
    const b = new GraphBuilder(opset);
    const x = b.input("x", "float32", [1, 2, 6, 6]);
    const first = b.add("Conv", [x, constant(b, [2, 2, 3, 3], 80)]);
    const second = b.add("Conv", [first, constant(b, [2, 2, 1, 1], 81)]);
    const flat = b.add("Reshape", [second, b.constant(int64([1, -1]))]);
    const graph = finish(b, { first, tanh: b.add("Tanh", [first]), y: b.add("Softmax", [flat], { axis: -1 }) });
    graph.kept.add("first");
    const { graph: small, report } = await quantize(graph, { run: runGraph, samples: samplesOf([1, 2, 6, 6]) });
    assert.deepEqual([small.opset, [...small.kept]], [opset, ["first"]]);
    for (const { output, cosine } of report.outputs) assert.ok(cosine > 0.99, `${output}: ${cosine}`);
    assert.equal(count(await optimized(small), "QLinearConv"), 2);
  }
});

test("what cannot be quantised, or not on these samples, is refused", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [1, 4]);
  const bare = finish(b, { y: b.add("Tanh", [x]) });
  const samples = samplesOf([1, 4], 2);
  await assert.rejects(quantize(bare, { run: runGraph, samples }), {
    code: "CONVERT_UNSUPPORTED",
    message: /nothing to quantise/,
  });
  const dense = async () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4], name: "d" })] });
    return (await convert(model, { inputs: { d_input: { name: "x" } } })).graph;
  };
  const graph = await dense();
  const usage = (message: RegExp) => ({ code: "USAGE", message });
  const off = { x: { ...values([1, 4], 1), data: Float32Array.of(1, Number.NaN, 2, 3) } };
  await assert.rejects(quantize(graph, { run: runGraph, samples: [] }), usage(/no input to calibrate on/));
  await assert.rejects(quantize(graph, { run: runGraph, samples: [off] }), usage(/not finite/));
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  await assert.rejects(convert(model, { precision: "int8" }), usage(/calibration/));
  await assert.rejects(convert(model, { calibration: { run: runGraph, samples } }), usage(/int8/));
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(quantize(graph, { run: runGraph, samples, signal: stopped }), /stopped/);
});
