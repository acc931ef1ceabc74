import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const x = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);

for (const op of [
  "Identity",
  "StopGradient",
  "Snapshot",
  "FakeQuantWithMinMaxVars",
  "Shape",
  "ShapeN",
  "Size",
  "Rank",
]) {
  test(op, async () => {
    for (const free of [false, true]) {
      await assertOperator({ op, inputs: [{ value: x, fed: true, free }], attributes: { N: attr.int(1) } });
    }
  });
}

test("shapes that a graph computes from shapes stay known", async () => {
  const graph = {
    inputs: { x: { shape: [-1, 4], dtype: "float32" as const } },
    constants: { begin: tf.tensor1d([0], "int32"), end: tf.tensor1d([1], "int32"), two: tf.scalar(2, "int32") },
    nodes: [
      { name: "shape", op: "Shape", input: ["x"] },
      { name: "rank", op: "Rank", input: ["x"] },
      { name: "sum", op: "Add", input: ["shape", "two"] },
    ],
    outputs: ["shape", "rank", "sum"],
  };
  await assertGraph(graph, { x: tf.ones([3, 4]) });
  const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.deepEqual(
    read.outputs.map((output) => output.shape),
    [[2], [], [2]],
  );
});

test("faulty graphs give one clear error", () => {
  const base = { inputs: { x: { shape: [2], dtype: "float32" as const } }, outputs: ["y"] };
  const read = (nodes: { name: string; op: string; input?: string[] }[]) => () =>
    readGraphModel(graphArtifacts({ ...base, nodes }), { opset: 17 });
  assert.throws(read([{ name: "y", op: "Unheard", input: ["x"] }]), {
    code: "CONVERT_UNSUPPORTED",
    message: /Node "y" \(Unheard\)/,
  });
  assert.throws(read([{ name: "y", op: "Add", input: ["x"] }]), { code: "CONVERT_INVALID_MODEL", message: /"y"/ });
  assert.throws(read([{ name: "y", op: "Add", input: ["x", "z"] }]), { code: "CONVERT_INVALID_MODEL", message: /"z"/ });
  assert.throws(
    read([
      { name: "y", op: "Add", input: ["x", "z"] },
      { name: "z", op: "Identity", input: ["y"] },
    ]),
    {
      code: "CONVERT_INVALID_MODEL",
      message: /makes itself/,
    },
  );
  assert.throws(() => readGraphModel({ modelTopology: { node: [7] } }, { opset: 17 }), {
    code: "CONVERT_INVALID_MODEL",
  });
});
