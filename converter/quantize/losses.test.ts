import assert from "node:assert/strict";
import { test } from "node:test";
import { constant, count, finish, runPlainly, samplesOf, values } from "../../test/quantizable.js";
import { GraphBuilder } from "../graph/builder.js";
import { float32, toNumbers } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { runGraph } from "../verify/session.js";
import { writeOnnx } from "../write/onnx.js";
import { quantize } from "./index.js";

/** Two dense layers apart; the second one's input has one number that is a million times the others, and weights that undo that. */
function uneven(): Graph {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 8]);
  const first = b.add("MatMul", [x, constant(b, [8, 8], 120)]);
  const gains = b.constant(float32(Float32Array.from({ length: 8 }, (_, i) => (i === 0 ? 1e6 : 1))));
  const scaled = b.add("Mul", [b.add("Tanh", [first]), gains]);
  const weights = values([8, 4], 121).data.map((weight, i) => (i < 4 ? weight * 1e-9 : weight));
  const second = b.add("MatMul", [scaled, b.constant(float32(weights, [8, 4]))]);
  return finish(b, { y: b.add("Tanh", [second]), z: first });
}

test("a layer that loses too much on bytes stays in float32, the report says why, and the outputs are the better for it", async () => {
  const graph = uneven();
  const calibration = { run: runGraph, samples: samplesOf([4, 8]) };
  const { graph: small, report } = await quantize(graph, calibration);
  assert.equal(report.quantized, 1);
  const { op, reason, node: kept } = report.left[0]!;
  assert.match(reason, /signal-to-noise ratio of -?[\d.]+ dB, less than 20/);
  assert.ok(!report.losses.some(({ node }) => node === kept));
  assert.ok(report.losses.every(({ decibels }) => decibels >= 20));
  assert.ok(report.outputs.find(({ output }) => output === "y")!.cosine > 0.999);
  assert.deepEqual([op, count(small, "MatMul") + count(small, "Gemm")], ["Gemm", 2]);

  const all = await quantize(graph, { ...calibration, leastDecibels: Number.NEGATIVE_INFINITY });
  assert.deepEqual([all.report.quantized, all.report.left], [2, []]);
  assert.ok(all.report.outputs.find(({ output }) => output === "y")!.cosine < 0.9);
  const refused = quantize(graph, { ...calibration, leastDecibels: 200 });
  await assert.rejects(refused, { code: "CONVERT_UNSUPPORTED", message: /less than 200 dB/ });
});

test("where no layer loses too much the file is the one that comes out without looking, byte for byte", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 6]);
  const hidden = b.add("Relu", [b.add("MatMul", [x, constant(b, [6, 8], 130)])]);
  const graph = finish(b, { y: b.add("MatMul", [hidden, constant(b, [8, 3], 131)]) });
  const calibration = { run: runGraph, samples: samplesOf([3, 6]) };
  const [looked, not] = [
    await quantize(graph, calibration),
    await quantize(graph, { ...calibration, leastDecibels: Number.NEGATIVE_INFINITY }),
  ];
  assert.deepEqual(Buffer.from(writeOnnx(looked.graph)), Buffer.from(writeOnnx(not.graph)));
  assert.equal(looked.report.losses.length, 2);
});

test("what a layer loses is what the arithmetic of bytes, written out, takes from it", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 6]);
  const graph = finish(b, { y: b.add("MatMul", [x, constant(b, [6, 3], 140)]) });
  const samples = samplesOf([4, 6]);
  const { graph: small, report } = await quantize(graph, { run: runGraph, samples });
  let [power, noise] = [0, 0];
  for (const sample of samples) {
    const exact = await runPlainly(graph, sample);
    const bytes = await runPlainly(small, sample);
    for (const [i, value] of (exact.y!.data as Float32Array).entries()) {
      power += value ** 2;
      noise += (value - Number(bytes.y!.data[i])) ** 2;
    }
  }
  const { decibels } = report.losses[0]!;
  assert.ok(Math.abs(decibels - 10 * Math.log10(power / noise)) < 0.01, `${decibels}`);
});

test("ranges by method: outliers widen the whole range, and the others cut them off", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 64]);
  const graph = finish(b, { y: b.add("MatMul", [x, constant(b, [64, 3], 150)]) });
  const samples = samplesOf([64, 64]);
  (samples[0]!.x!.data as Float32Array)[5] = -40;
  const widths = await Promise.all(
    ["max", "percentile:99.9", "entropy"].map(async (method) => {
      // Of so few numbers, what is cut off is much.
      const leastDecibels = Number.NEGATIVE_INFINITY;
      const { graph: small, report } = await quantize(graph, { run: runGraph, samples, method, leastDecibels });
      assert.equal(report.method, method);
      const { inputs } = small.nodes.find(({ op }) => op === "QuantizeLinear")!;
      return 255 * toNumbers(small.initializers.get(inputs[1]!)!)[0]!;
    }),
  );
  assert.ok(widths[0]! > 40 && widths[1]! < 2.1 && widths[2]! < 20, JSON.stringify(widths));
  const sample = { run: runGraph, samples };
  await assert.rejects(quantize(graph, { ...sample, method: "mean" }), { code: "USAGE" });
  await assert.rejects(quantize(graph, { ...sample, leastDecibels: Number.NaN }), { code: "USAGE" });
});
