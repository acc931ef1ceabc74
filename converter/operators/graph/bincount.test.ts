import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
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

for (const [op, shapes] of [
  ["Bincount", [[6], [], [2, 3], [2, 2, 3], [0]]],
  ["DenseBincount", [[6], [2, 5], [0], [3, 0], [0, 3]]],
] as const) {
  test(op, async () => {
    for (const shape of shapes.map((extents) => [...extents])) {
      for (const dtype of ["float32", "int32"] as const) {
        for (const weighted of shape.includes(0) ? [false] : [false, true]) {
          for (const size of [8, 4, 0]) {
            for (const binary of op === "Bincount" ? [false] : [false, true]) {
              const fed = size === 4;
              const inputs = [
                { value: indices(shape), fed: true, free: fed && !weighted },
                { value: tf.scalar(size, "int32"), fed },
                { value: weights(weighted ? shape : [0], dtype), fed },
              ];
              const attributes = { binary_output: attr.bool(binary) };
              await assertOperator({ op, inputs, attributes });
            }
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
