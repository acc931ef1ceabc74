import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { noiseTensor, stirWeights } from "../../test/conversion.js";
import { convert } from "../index.js";
import { assertParity, verifyParity } from "./index.js";

before(async () => {
  await tf.setBackend("cpu");
});

function dense(): tf.LayersModel {
  const x = tf.input({ shape: [3], name: "x" });
  const a = tf.layers.dense({ units: 2, name: "a" }).apply(x) as tf.SymbolicTensor;
  const b = tf.layers.dense({ units: 4, name: "b" }).apply(x) as tf.SymbolicTensor;
  const model = tf.model({ inputs: x, outputs: [a, b] });
  stirWeights(model);
  return model;
}

test("a model that keeps states is compared from its beginning, whatever ran before", async () => {
  const layers = [tf.layers.lstm({ units: 4, stateful: true, batchInputShape: [2, 3, 5] })];
  const model = tf.sequential({ layers });
  stirWeights(model);
  const x = noiseTensor([2, 3, 5]);
  model.predict(x);
  const { graph } = await convert(model);
  const rows = await verifyParity(model, graph, { [graph.inputs[0]!.name]: x });
  assert.deepEqual([rows.length, rows[0]!.ok], [1, true]);
});

test("a table of outputs, shapes and differences", async () => {
  const model = dense();
  const { graph } = await convert(model);
  const rows = await verifyParity(model, graph, { x: noiseTensor([5, 3]) });
  assert.deepEqual(
    rows.map(({ output, shape, dtype, tolerance, ok }) => ({ output, shape, dtype, tolerance, ok })),
    [
      { output: "a", shape: [5, 2], dtype: "float32", tolerance: 1e-4, ok: true },
      { output: "b", shape: [5, 4], dtype: "float32", tolerance: 1e-4, ok: true },
    ],
  );
  assertParity(rows);
});

test("a graph that differs fails, and names the output", async () => {
  const model = dense();
  const { graph } = await convert(model);
  const bias = graph.initializers.get("b/bias")!;
  graph.initializers.set("b/bias", { ...bias, data: (bias.data as Float32Array).map((value) => value + 0.01) });
  const rows = await verifyParity(model, graph, { x: noiseTensor([5, 3]) });
  assert.deepEqual(
    rows.map((row) => row.ok),
    [true, false],
  );
  assert.ok(Math.abs(rows[1]!.maxAbsolute - 0.01) < 1e-5);
  assert.throws(() => assertParity(rows), { code: "PARITY_FAILED", message: /: b / });
  await assert.rejects(verifyParity(model, graph, {}), { code: "USAGE", message: /"x"/ });
});

test("an output of another shape, or one that is not a number, fails", async () => {
  const model = dense();
  const { graph } = await convert(model);
  const other = { ...model, inputNames: ["x"], predict: () => [tf.zeros([5, 3]), tf.fill([5, 4], Number.NaN)] };
  const rows = await verifyParity(other as unknown as tf.LayersModel, graph, { x: noiseTensor([5, 3]) });
  assert.deepEqual(
    rows.map((row) => row.ok),
    [false, false],
  );
});

test("a graph that onnxruntime cannot run gives one clear error", async () => {
  const model = dense();
  const { graph } = await convert(model);
  const node = graph.nodes.find(({ op }) => op === "Gemm")!;
  const failing = { ...graph, nodes: graph.nodes.map((one) => (one === node ? { ...one, op: "Unheard" } : one)) };
  await assert.rejects(verifyParity(model, failing, { x: noiseTensor([5, 3]) }), {
    code: "PARITY_FAILED",
    message: /onnxruntime cannot run the graph: .*Unheard/,
  });
});
