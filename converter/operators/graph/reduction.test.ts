import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, attr, graphArtifacts, type TestGraph } from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Type = "float32" | "int32" | "bool";

/** Whole numbers from -3 to 3 with many ties, or fractions of them, or booleans that are mostly the same. */
function values(shape: number[], dtype: Type): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 11) % 7) - 3 || 1);
  if (dtype === "bool")
    return tf.tensor(
      numbers.map((value) => (value > -3 ? 1 : 0)),
      shape,
      dtype,
    );
  return tf.tensor(dtype === "int32" ? numbers : numbers.map((value) => value * 0.75), shape, dtype);
}

const assertAlong = (
  operators: string[],
  value: tf.Tensor,
  axis: number | number[],
  { free, keep }: { free: boolean; keep: boolean },
) =>
  assertNodes(nodesOf(operators, { keep_dims: attr.bool(keep) }), {
    x: { value, fed: true, free },
    axis: { value: tf.tensor(axis, Array.isArray(axis) ? [axis.length] : [], "int32") },
  });

const REDUCTIONS: Record<Type, string[]> = {
  float32: ["Max", "Min", "Mean", "Sum", "Prod"],
  int32: ["Max", "Min", "Mean", "Sum", "Prod"],
  bool: ["Max", "Min", "Mean", "Sum", "Prod", "All", "Any"],
};
const SHAPES: [shape: number[], axes: (number | number[])[]][] = [
  [[], [[]]],
  [[5], [0, [-1], []]],
  [
    [2, 3],
    [[0], 1, [-2], [0, 1], [1, 0], []],
  ],
  [
    [2, 3, 2],
    [[1], [0, 2], [-1, -3]],
  ],
  // Nothing to reduce, and nothing that comes of it.
  [
    [0, 3],
    [[0], [1], [0, 1]],
  ],
];

for (const [dtype, operators] of Object.entries(REDUCTIONS) as [Type, string[]][]) {
  test(`${operators.join(", ")} of ${dtype}`, async () => {
    for (const [shape, axes] of SHAPES) {
      for (const axis of axes) {
        for (const keep of [false, true]) {
          const free = keep && !shape.includes(0);
          await assertAlong(operators, values(shape, dtype), axis, { free, keep });
        }
      }
    }
  });
}

for (const dtype of ["float32", "int32", "bool"] as const) {
  test(`ArgMax, ArgMin of ${dtype}`, async () => {
    for (const [shape, axes] of SHAPES.slice(1)) {
      for (const axis of axes) {
        if (Array.isArray(axis) && axis.length !== 1) continue;
        for (const free of shape.includes(0) ? [false] : [false, true]) {
          await assertAlong(["ArgMax", "ArgMin"], values(shape, dtype), axis, { free, keep: false });
        }
      }
    }
  });
}

test("axes that the graph computes from a shape are known", async () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [-1, 3, 2], dtype: "float32" } },
    constants: { one: tf.scalar(1, "int32") },
    nodes: [
      { name: "rank", op: "Rank", input: ["x"] },
      { name: "last", op: "Sub", input: ["rank", "one"] },
      { name: "sum", op: "Sum", input: ["x", "last"] },
    ],
    outputs: ["sum"],
  };
  await assertGraph(graph, { x: values([2, 3, 2], "float32") });
});

test("axes that are wrong or known at run time alone are refused", () => {
  const read = (constants: Record<string, tf.Tensor>) => () => {
    const graph: TestGraph = {
      inputs: { x: { shape: [2, 3], dtype: "float32" }, fed: { shape: [1], dtype: "int32" } },
      constants,
      nodes: [{ name: "y", op: "Sum", input: ["x", constants.axis ? "axis" : "fed"] }],
      outputs: ["y"],
    };
    readGraphModel(graphArtifacts(graph), { opset: 17 });
  };
  assert.throws(read({}), { code: "CONVERT_UNSUPPORTED", message: /axes is computed at run time/ });
  assert.throws(read({ axis: tf.tensor1d([2], "int32") }), { code: "CONVERT_INVALID_MODEL", message: /axis 2/ });
});
