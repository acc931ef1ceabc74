import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, assertOperator, attr, graphArtifacts, ints, numbered } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";
import { assertParity, verifyParity } from "../../verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const FREE = [false, true];
const pairs = (values: number[][]) => tf.tensor2d(values, [values.length, 2], "int32");

test("SpaceToBatchND", async () => {
  for (const [shape, block, paddings] of [
    [
      [1, 4, 4, 3],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      [2, 5, 3, 2],
      [2, 3],
      [
        [1, 0],
        [2, 1],
      ],
    ],
    [[2, 6], [3], [[0, 0]]],
    [[2, 5, 4], [2], [[0, 1]]],
  ] as [number[], number[], number[][]][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const [free, fed] of FREE.flatMap((free) => [false, true].map((fed) => [free, fed] as const))) {
        await assertOperator({
          op: "SpaceToBatchND",
          inputs: [
            { value: numbered(shape, dtype), fed: true, free },
            { value: ints(...block) },
            { value: pairs(paddings), fed },
          ],
        });
      }
    }
  }
});

test("BatchToSpaceND", async () => {
  for (const [shape, block, crops] of [
    [
      [4, 2, 2, 3],
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ],
    [
      [12, 2, 1, 2],
      [2, 3],
      [
        [1, 0],
        [0, 2],
      ],
    ],
    [[6, 2], [3], [[1, 1]]],
    [[2, 3, 4], [2], [[0, 1]]],
  ] as [number[], number[], number[][]][]) {
    for (const dtype of ["float32", "int32"] as const) {
      for (const [free, fed] of FREE.flatMap((free) => [false, true].map((fed) => [free, fed] as const))) {
        await assertOperator({
          op: "BatchToSpaceND",
          inputs: [
            { value: numbered(shape, dtype), fed: true, free },
            { value: ints(...block) },
            { value: pairs(crops), fed },
          ],
        });
      }
    }
  }
});

test("a batch alone that is free needs no shapes at run time", () => {
  const { graph } = readGraphModel(
    graphArtifacts({
      inputs: { x: { shape: [-1, 4, 4, 3], dtype: "float32" } },
      constants: {
        block: ints(2, 2),
        paddings: pairs([
          [0, 0],
          [0, 0],
        ]),
      },
      nodes: [{ name: "y", op: "SpaceToBatchND", input: ["x", "block", "paddings"] }],
      outputs: ["y"],
    }),
    { opset: 17 },
  );
  const operators = optimize(graph).nodes.map(({ op }) => op);
  assert.deepEqual(operators, ["Reshape", "Transpose", "Reshape"]);
});

test("DepthToSpace", async () => {
  // TensorFlow.js computes it on the CPU for NHWC alone.
  for (const [shape, block] of [
    [[1, 2, 3, 8], 2],
    [[2, 1, 2, 9], 3],
  ] as [number[], number][]) {
    for (const free of FREE) {
      const declared = free ? [-1, -1, -1, shape[3]!] : shape;
      const attributes = { block_size: attr.int(block), data_format: attr.string("NHWC") };
      const graph = {
        inputs: { x: { shape: declared, dtype: "float32" as const } },
        nodes: [{ name: "y", op: "DepthToSpace", input: ["x"], attr: attributes }],
        outputs: ["y"],
      };
      await assertGraph(graph, { x: numbered(shape) });
    }
  }
});

test("DepthToSpace of channels first is that of channels last", async () => {
  const { graph } = readGraphModel(
    graphArtifacts({
      inputs: { x: { shape: [1, 8, 2, 3], dtype: "float32" } },
      nodes: [
        {
          name: "y",
          op: "DepthToSpace",
          input: ["x"],
          attr: { block_size: attr.int(2), data_format: attr.string("NCHW") },
        },
      ],
      outputs: ["y"],
    }),
    { opset: 17 },
  );
  const x = numbered([1, 8, 2, 3]) as tf.Tensor4D;
  const moved = tf.depthToSpace(x.transpose([0, 2, 3, 1]), 2, "NHWC").transpose([0, 3, 1, 2]);
  const reference = { inputNames: ["x"], predict: () => moved.clone() } as unknown as tf.LayersModel;
  assertParity(await verifyParity(reference, graph, { x }));
});
