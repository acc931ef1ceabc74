import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { attr, graphArtifacts, type TestNode } from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const indices = (shape: number[]) =>
  tf.tensor(
    Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => (i * 5) % 7),
    shape,
    "int32",
  );

const weights = (shape: number[], dtype: "float32" | "int32") => {
  const values = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 3) % 5) - 1);
  return tf.tensor(dtype === "int32" ? values : values.map((value) => value * 0.75), shape, dtype);
};

const BINARY = [false, true].map((binary) => ({
  name: `DenseBincount_${binary}`,
  op: "DenseBincount",
  attr: { binary_output: attr.bool(binary) },
}));

for (const [nodes, shapes] of [
  [nodesOf(["Bincount"]), [[6], [], [2, 3], [2, 2, 3], [0]]],
  [BINARY, [[6], [2, 5], [0], [3, 0], [0, 3]]],
] as [TestNode[], number[][]][]) {
  test(nodes[0]!.op, async () => {
    for (const shape of shapes) {
      for (const dtype of ["float32", "int32"] as const) {
        for (const weighted of shape.includes(0) ? [false] : [false, true]) {
          for (const size of [8, 4, 0]) {
            const fed = size === 4;
            await assertNodes(nodes, {
              x: { value: indices(shape), fed: true, free: fed && !weighted },
              size: { value: tf.scalar(size, "int32"), fed },
              weights: { value: weights(weighted ? shape : [0], dtype), fed },
            });
          }
        }
      }
    }
  });
}

test("weights of an extent that is not known are refused", () => {
  const artifacts = graphArtifacts({
    inputs: { x: { shape: [4], dtype: "int32" }, weights: { shape: [-1], dtype: "float32" } },
    constants: { size: tf.scalar(3, "int32") },
    nodes: [{ name: "y", op: "Bincount", input: ["x", "size", "weights"] }],
    outputs: ["y"],
  });
  assert.throws(() => readGraphModel(artifacts, { opset: 17 }), { code: "CONVERT_UNSUPPORTED", message: /weights/ });
});
