import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertOperator, attr, graphArtifacts } from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const SHAPES = [[], [7], [2, 3], [2, 1, 3, 2], [0], [2, 0, 3]];

/** Spread evenly over a range, ends included. */
function spread(shape: number[], dtype: "float32" | "int32" | "bool", low: number, high: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  const values = Array.from(
    { length: size },
    (_, i) => low + ((high - low) * ((i * 5) % size)) / Math.max(size - 1, 1),
  );
  if (dtype === "float32") return tf.tensor(values, shape, dtype);
  return tf.tensor(dtype === "bool" ? values.map((_, i) => i % 2) : values.map(Math.round), shape, dtype);
}

/** Operators of one input that share a range, each in a node of its own. */
interface Group {
  operators: string[];
  low?: number;
  high?: number;
}

const FLOATS: Group[] = [
  { operators: ["Ceil", "Cos", "Cosh", "Floor", "Sin", "Tan", "Tanh", "Elu", "Sigmoid"] },
  { operators: ["Log", "Sqrt", "Rsqrt"], low: -1, high: 9 },
];
const NUMBERS: Group[] = [
  {
    operators: ["Atan", "Asinh", "Sinh", "Reciprocal", "Softplus", "Selu", "Exp", "Expm1", "Neg", "Erf"],
    low: -3,
    high: 3,
  },
  { operators: ["Acos", "Asin", "Atanh"], low: -1, high: 1 },
  { operators: ["Acosh", "Log1p"], low: -1, high: 6 },
];
const ALL: Group[] = [
  { operators: ["Abs", "Square", "Sign", "IsNan", "IsInf", "IsFinite", "Relu", "LeakyRelu"] },
  { operators: ["Round", "Relu6"], low: -7.5, high: 7.5 },
];

const assertOn = (value: tf.Tensor, operators: readonly string[], free = false) =>
  assertNodes(nodesOf(operators), { x: { value, fed: true, free } });

for (const [dtype, groups] of [
  ["float32", [...FLOATS, ...NUMBERS, ...ALL]],
  ["int32", [...NUMBERS, ...ALL]],
  ["bool", [...ALL, { operators: ["Exp"] }]],
] as const) {
  for (const { operators, low = -4, high = 4 } of groups) {
    test(`${operators.join(", ")} on ${dtype}`, async () => {
      for (const shape of SHAPES) {
        for (const free of [false, true]) await assertOn(spread(shape, dtype, low, high), operators, free);
      }
    });
  }
}

test("LeakyRelu takes its slope from the node", async () => {
  for (const dtype of ["float32", "int32"] as const) {
    const inputs = [{ value: spread([7], dtype, -4, 4), fed: true }];
    await assertOperator({ op: "LeakyRelu", inputs, attributes: { alpha: attr.float(0.5) } });
  }
});

test("whole numbers whose results are large", async () => {
  await assertOn(tf.tensor1d([-40, -20, 15, 20, 21], "int32"), ["Expm1"]);
  await assertOn(tf.tensor1d([-21, -20, 15, 20, 21], "int32"), ["Sinh"]);
});

test("numbers near 0 keep their digits", async () => {
  await assertOn(tf.tensor1d([-1e-6, 3e-7, 1e-9, 2e-6]), ["Expm1", "Log1p", "Sinh", "Asinh", "Atanh", "Tanh"]);
});

test("NaN and infinities", async () => {
  const value = tf.tensor1d([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, -2]);
  const others = [...FLOATS, ...NUMBERS, ...ALL].flatMap(({ operators }) => operators);
  await assertOn(
    value,
    others.filter((op) => op !== "Sign"),
  );
});

test("operators that TensorFlow.js runs on float32 alone refuse other types", () => {
  for (const op of FLOATS.flatMap(({ operators }) => operators)) {
    const artifacts = graphArtifacts({
      inputs: { x: { shape: [2], dtype: "int32" } },
      nodes: [{ name: "y", op, input: ["x"] }],
      outputs: ["y"],
    });
    assert.throws(() => readGraphModel(artifacts, { opset: 17 }), {
      code: "CONVERT_INVALID_MODEL",
      message: /float32/,
    });
  }
});

test("ClipByValue", async () => {
  for (const dtype of ["float32", "int32"] as const) {
    for (const [low, high] of [
      [-2, 3],
      [1, 1],
      [-9, -3],
    ] as const) {
      for (const fed of [false, true]) {
        for (const shape of SHAPES) {
          const bounds = [low, high].map((bound) => ({ value: tf.scalar(bound, dtype), fed }));
          const value = spread(shape, dtype, -4, 4);
          await assertOperator({ op: "ClipByValue", inputs: [{ value, fed: true, free: fed }, ...bounds] });
        }
      }
    }
  }
});

const PAIRS = [
  [[3], [3]],
  [[2, 3], [3]],
  [[4], []],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [[0, 3], [3]],
] as [number[], number[]][];

test("Atan2", async () => {
  for (const dtypes of [
    ["float32", "float32"],
    ["int32", "int32"],
    ["int32", "float32"],
    ["bool", "float32"],
  ] as const) {
    for (const [left, right] of PAIRS) {
      for (const free of [false, true]) {
        const inputs = [
          { value: spread(left, dtypes[0], -3, 3), fed: true, free },
          { value: spread(right, dtypes[1], -2, 2), fed: free },
        ];
        await assertOperator({ op: "Atan2", inputs });
      }
    }
  }
  const axes = [1, 0, -1].flatMap((y) => [1, 0, -1].map((x) => [y, x] as const));
  const points = [0, 1].map((i) => ({ value: tf.tensor1d(axes.map((point) => point[i]!)), fed: true }));
  await assertOperator({ op: "Atan2", inputs: points });
});

test("Prelu", async () => {
  for (const dtype of ["float32", "int32"] as const) {
    for (const [left, right] of [...PAIRS, [[3], [2, 3]], [[], [2]], [[2, 3, 4], [4]]] as [number[], number[]][]) {
      for (const free of [false, true]) {
        const inputs = [
          { value: spread(left, dtype, -3, 3), fed: true, free },
          { value: spread(right, "float32", -2, 2), fed: free },
        ];
        await assertOperator({ op: "Prelu", inputs });
      }
    }
  }
});
