import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { graphArtifacts } from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";
import { verifyParity } from "../../verify/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Type = "float32" | "int32" | "bool";

/** Few different values, so that many are equal; the odd float is NaN. */
function values(shape: number[], dtype: Type, seed: number): tf.Tensor {
  const numbers = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => ((i * 7 + seed * 3) % 5) - 2);
  if (dtype === "bool")
    return tf.tensor(
      numbers.map((value) => (value > 0 ? 1 : 0)),
      shape,
      dtype,
    );
  return tf.tensor(dtype === "int32" ? numbers : numbers.map((n) => (n === 2 ? Number.NaN : n / 2)), shape, dtype);
}

const PAIRS = [
  [[], []],
  [[6], [6]],
  [[2, 3], [3]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[0, 3], [3]],
] as [number[], number[]][];

const TYPES: [Type, Type][] = [
  ["float32", "float32"],
  ["int32", "int32"],
  ["bool", "bool"],
  ["int32", "float32"],
  ["bool", "int32"],
  ["float32", "bool"],
];

const COMPARISONS = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"];

/** The second is fed or constant. */
const assertPairs = (operators: readonly string[], left: tf.Tensor, right: tf.Tensor, free: boolean) =>
  assertNodes(nodesOf(operators), { left: { value: left, fed: true, free }, right: { value: right, fed: free, free } });

for (const [a, b] of TYPES) {
  test(`comparisons of ${a} with ${b}`, async () => {
    for (const [left, right] of PAIRS) {
      for (const free of [false, true]) await assertPairs(COMPARISONS, values(left, a, 1), values(right, b, 2), free);
    }
  });
}

test("LogicalAnd, LogicalOr, LogicalNot", async () => {
  for (const [left, right] of PAIRS) {
    for (const free of [false, true]) {
      await assertPairs(["LogicalAnd", "LogicalOr"], values(left, "bool", 1), values(right, "bool", 2), free);
      await assertNodes(nodesOf(["LogicalNot"]), { x: { value: values(left, "bool", 1), fed: true, free } });
    }
  }
});

test("Select, SelectV2", async () => {
  const shapes = [
    [[], [], []],
    [[4], [4], [4]],
    [[2, 3], [3], [2, 1]],
    [[2, 2], [], [2]],
    [[3], [2, 3], [2, 3]],
    // Broadcasting into nothing gives something in TensorFlow.js, so here no shape is broadcast.
    [
      [0, 2],
      [0, 2],
      [0, 2],
    ],
  ] as [number[], number[], number[]][];
  for (const [condition, yes, no] of shapes) {
    for (const [a, b] of TYPES) {
      for (const free of [false, true]) {
        await assertNodes(nodesOf(["Select", "SelectV2"]), {
          condition: { value: values(condition, "bool", 4), fed: true, free },
          yes: { value: values(yes, a, 1), fed: free },
          no: { value: values(no, b, 2), fed: true, free },
        });
      }
    }
  }
});

// TensorFlow.js cannot run this node: its executor asks for inputs by names that its list of operators has not.
test("BitwiseAnd", async () => {
  const large = [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 123456789, -987654321, 0x55555555];
  for (const opset of [17, 18]) {
    for (const [left, right] of [
      [large, [...large].reverse()],
      [large, large.map((value) => value ^ 0x0f0f0f0f)],
      [[], []],
    ] as const) {
      for (const shape of [[left.length], [2, left.length / 2], [left.length / 4, 2, 2]]) {
        const type = { shape: shape.map(() => -1), dtype: "int32" as const };
        const nodes = [{ name: "and", op: "BitwiseAnd", input: ["x", "y"] }];
        const artifacts = graphArtifacts({ inputs: { x: type, y: type }, nodes, outputs: ["and"] });
        const { graph } = readGraphModel(artifacts, { opset });
        const inputs = { x: tf.tensor([...left], shape, "int32"), y: tf.tensor([...right], shape, "int32") };
        const model = { inputNames: ["x", "y"], predict: () => tf.bitwiseAnd(inputs.x, inputs.y) };
        const [row] = await verifyParity(model as unknown as tf.LayersModel, graph, inputs);
        assert.equal(row!.maxAbsolute, 0);
        assert.deepEqual([row!.dtype, row!.shape], ["int32", shape]);
      }
    }
  }
});

test("operators on booleans refuse numbers", () => {
  for (const [op, dtype] of [
    ["LogicalAnd", "int32"],
    ["LogicalNot", "float32"],
    ["Select", "int32"],
    ["BitwiseAnd", "bool"],
  ] as const) {
    const graph = {
      inputs: { x: { shape: [2], dtype } },
      nodes: [{ name: "y", op, input: ["x", "x", "x"] }],
      outputs: ["y"],
    };
    assert.throws(() => readGraphModel(graphArtifacts(graph), { opset: 17 }), {
      code: "CONVERT_INVALID_MODEL",
      message: /it takes (bool|int32)/,
    });
  }
});
