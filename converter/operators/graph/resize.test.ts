import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { combinations, noiseTensor } from "../../../test/conversion.js";
import { assertGraph, assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { cast } from "../../emit/cast.js";
import { extents } from "../../emit/shape.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";
import { registerOperator } from "../../read/graph-model/registry.js";

before(async () => {
  await tf.setBackend("cpu");
});

const MODES = [
  { align_corners: false, half_pixel_centers: false },
  { align_corners: true, half_pixel_centers: false },
  { align_corners: false, half_pixel_centers: true },
];

const attributesOf = (mode: (typeof MODES)[number]) => ({
  align_corners: attr.bool(mode.align_corners),
  half_pixel_centers: attr.bool(mode.half_pixel_centers),
});

const SIZES = [
  [5, 7],
  [10, 14],
  [15, 7],
  [1, 1],
  [3, 5],
  [7, 4],
  [12, 29],
];

for (const op of ["ResizeBilinear", "ResizeNearestNeighbor"]) {
  test(`${op}: sizes up and down, corners and centres, images and sizes that are known or not`, async () => {
    for (const { size, mode, dtype, free } of combinations({
      size: SIZES,
      mode: MODES,
      dtype: ["float32", "int32"] as const,
      free: [false, true],
    })) {
      const x = { value: noiseTensor([2, 5, 7, 3], 1, { dtype }), fed: true, free };
      const wanted = { value: tf.tensor1d(size, "int32") };
      await assertOperator({ op, inputs: [x, wanted], attributes: attributesOf(mode) });
      await assertOperator({ op, inputs: [x, { ...wanted, fed: true }], attributes: attributesOf(mode) });
    }
    const single = { value: noiseTensor([5, 7, 3]), fed: true };
    for (const mode of MODES) {
      const inputs = [single, { value: tf.tensor1d([10, 9], "int32") }];
      await assertOperator({ op, inputs, attributes: attributesOf(mode) });
    }
  });
}

test("ResizeNearestNeighbor takes the pixels that TensorFlow.js's rounding takes", async () => {
  for (const mode of MODES) {
    for (const [from, to] of [
      [2, 3],
      [3, 7],
      [7, 3],
      [49, 98],
      [10, 490],
      [100, 33],
      [33, 100],
      [13, 21],
    ] as const) {
      for (const free of [false, true]) {
        const x = { value: tf.reshape(tf.range(0, from), [1, from, 1, 1]) as tf.Tensor, fed: true, free };
        const inputs = [x, { value: tf.tensor1d([to, 1], "int32") }];
        await assertOperator({ op: "ResizeNearestNeighbor", inputs, attributes: attributesOf(mode) });
      }
    }
  }
});

test("twice the size of a free image is one Resize", async () => {
  tf.registerOp("SpatialShape", ({ inputs: [x] }) => tf.tensor1d(x!.shape.slice(1, 3), "int32"));
  registerOperator("SpatialShape", ({ b, x }) => cast(b, extents(b, x, 1, 3), "int32"));
  for (const op of ["ResizeBilinear", "ResizeNearestNeighbor"]) {
    for (const mode of MODES) {
      const graph = {
        inputs: { x: { shape: [-1, -1, -1, 3], dtype: "float32" as const } },
        constants: { two: tf.tensor1d([2], "int32") },
        nodes: [
          { name: "shape", op: "SpatialShape", input: ["x"] },
          { name: "twice", op: "Mul", input: ["shape", "two"] },
          { name: "y", op, input: ["x", "twice"], attr: attributesOf(mode) },
        ],
        outputs: ["y"],
      };
      await assertGraph(graph, { x: noiseTensor([2, 4, 5, 3]) });
      if (op === "ResizeNearestNeighbor" && mode.align_corners) continue;
      const { graph: read } = readGraphModel(graphArtifacts(graph), { opset: 17 });
      assert.deepEqual(
        optimize(read).nodes.map((node) => node.op),
        ["Resize"],
      );
    }
  }
});
