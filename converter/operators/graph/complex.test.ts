import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, graphArtifacts, type TestGraph } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const graphOf = (shape: number[], nodes: TestGraph["nodes"]): TestGraph => ({
  inputs: { re: { shape, dtype: "float32" }, im: { shape, dtype: "float32" } },
  nodes: [{ name: "complex", op: "Complex", input: ["re", "im"] }, ...nodes],
  outputs: nodes.map(({ name }) => name),
});

test("parts and magnitudes of complex numbers", async () => {
  for (const shape of [[], [4], [2, 3], [0, 2]]) {
    for (const free of shape.includes(0) ? [false] : [false, true]) {
      const graph = graphOf(
        shape.map((extent) => (free ? -1 : extent)),
        [
          { name: "same", op: "Identity", input: ["complex"] },
          ...["Real", "Imag", "Abs", "ComplexAbs"].map((op) => ({ name: op, op, input: ["same"] })),
        ],
      );
      const outputs = graph.outputs.filter((name) => name !== "same");
      await assertGraph({ ...graph, outputs }, { re: tf.randomNormal(shape), im: tf.randomNormal(shape) });
    }
  }
});

test("other readers of complex numbers are refused", () => {
  const readers: [TestGraph["nodes"], string, RegExp][] = [
    [[{ name: "y", op: "Neg", input: ["complex"] }], "y", /"y" .*complex numbers/],
    [[], "complex", /"complex" is complex/],
  ];
  for (const [nodes, output, message] of readers) {
    const graph = { ...graphOf([2], nodes), outputs: [output] };
    assert.throws(() => readGraphModel(graphArtifacts(graph), { opset: 17 }), { code: "CONVERT_UNSUPPORTED", message });
  }
  const real: TestGraph = {
    inputs: { x: { shape: [2], dtype: "float32" } },
    nodes: [{ name: "y", op: "Real", input: ["x"] }],
    outputs: ["y"],
  };
  assert.throws(() => readGraphModel(graphArtifacts(real), { opset: 17 }), { code: "CONVERT_INVALID_MODEL" });
});
