import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { attr, graphArtifacts } from "../../../test/graph-model.js";
import { assertNodes } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const SHAPES = [[4], [2, 3], [3, 2, 2], [0], [0, 2], [2, 0]];

function values(shape: number[], dtype: "float32" | "int32" | "bool"): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 11) % 7) - 3 || 2);
  if (dtype === "bool")
    return tf.tensor(
      numbers.map((value) => (value > -2 ? 1 : 0)),
      shape,
      dtype,
    );
  return tf.tensor(dtype === "int32" ? numbers : numbers.map((value) => value * 0.75), shape, dtype);
}

/** A node of each operator in each direction. */
const NODES = ["Cumsum", "Cumprod"].flatMap((op) =>
  [false, true].flatMap((exclusive) =>
    [false, true].map((reverse) => ({
      name: `${op}_${exclusive}_${reverse}`,
      op,
      attr: { exclusive: attr.bool(exclusive), reverse: attr.bool(reverse) },
    })),
  ),
);

// Axes counted from the end are left out: TensorFlow.js gives shapes of NaN for them.
for (const dtype of ["float32", "int32", "bool"] as const) {
  test(`Cumsum, Cumprod of ${dtype}`, async () => {
    for (const shape of SHAPES) {
      for (const axis of shape.keys()) {
        for (const free of shape[axis] === 0 ? [false] : [false, true]) {
          await assertNodes(NODES, {
            x: { value: values(shape, dtype), fed: true, free },
            axis: { value: tf.scalar(axis, "int32") },
          });
        }
      }
    }
  });
}

test("an axis from the end is the same as from the front", () => {
  for (const [op, expected] of [
    ["Cumsum", "CumSum"],
    ["Cumprod", "Scan"],
  ] as const) {
    const nodes = [{ name: "y", op, input: ["x", "axis"] }];
    const graphs = [1, -1].map((axis) => {
      const constants = { axis: tf.scalar(axis, "int32") };
      const graph = { inputs: { x: { shape: [2, 3], dtype: "float32" as const } }, constants, nodes, outputs: ["y"] };
      return readGraphModel(graphArtifacts(graph), { opset: 17 }).graph;
    });
    assert.ok(graphs[0]!.nodes.some((node) => node.op === expected));
    assert.deepEqual(graphs[0], graphs[1]);
  }
});
