import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import {
  assertGraph,
  assertOperator,
  attr,
  graphArtifacts,
  optimized,
  type TestGraph,
  type TestNode,
} from "../../../test/graph-model.js";
import { assertNodes, nodesOf } from "../../../test/graph-nodes.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Type = "float32" | "int32" | "bool";
const TYPES: Type[] = ["float32", "int32", "bool"];
const SHAPES = [[], [3], [2, 3], [0], [2, 0], [40, 50]];

const list = (values: number[]) => tf.tensor(values, [values.length], "int32");

/** A node for each type of result, and one that names none. */
const typed = (op: string): TestNode[] =>
  [undefined, ...TYPES].map((dtype) => ({
    name: `${op}_${dtype}`,
    op,
    attr: dtype ? { T: attr.dtype(dtype) } : {},
  }));

/** Nodes that read constants alone still need an input of the model to run. */
const assertConstant = (nodes: TestNode[], constants: Record<string, tf.Tensor>) => {
  const inputs = Object.entries(constants).map(([name, value]) => [name, { value }] as const);
  const input = Object.keys(constants);
  return assertNodes([...nodes.map((node) => ({ input, ...node })), { name: "used", op: "Identity", input: ["x"] }], {
    ...Object.fromEntries(inputs),
    x: { value: tf.tensor1d([1, 2]), fed: true },
  });
};

test("Fill", async () => {
  for (const shape of SHAPES) {
    for (const value of [tf.scalar(1, "int32"), tf.scalar(1, "bool"), tf.scalar(2.5)]) {
      const nodes = typed("Fill").filter(({ name }) => value.dtype !== "float32" || name !== "Fill_bool");
      await assertConstant(nodes, { shape: list(shape), value });
      for (const [fedShape, fedValue] of [
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        await assertNodes(nodes, { shape: { value: list(shape), fed: fedShape }, value: { value, fed: fedValue } });
      }
    }
  }
});

test("Ones, Zeros", async () => {
  const nodes = ["Ones", "Zeros"].flatMap(typed);
  for (const shape of SHAPES) {
    await assertConstant(nodes, { shape: list(shape) });
    await assertNodes(nodes, { shape: { value: list(shape), fed: true } });
  }
});

test("OnesLike, ZerosLike", async () => {
  for (const shape of SHAPES) {
    for (const dtype of TYPES) {
      for (const free of [false, true]) {
        const x = { value: tf.zeros(shape, dtype), fed: true, free };
        await assertNodes(nodesOf(["OnesLike", "ZerosLike"]), { x });
      }
    }
  }
});

test("OneHot", async () => {
  for (const indices of [tf.scalar(1, "int32"), list([0, 2, 5, -1, 3]), tf.zeros([2, 3], "int32"), list([])]) {
    for (const [on, off] of [
      [1, 0],
      [5, -2],
      [0, 1],
    ] as const) {
      for (const fed of [false, true]) {
        // Other numbers are no booleans.
        const nodes = typed("OneHot").filter(({ name }) => on !== 5 || name !== "OneHot_bool");
        await assertNodes(nodes, {
          indices: { value: indices, fed: true, free: fed },
          depth: { value: tf.scalar(4, "int32"), fed },
          on: { value: tf.scalar(on, "int32"), fed },
          off: { value: tf.scalar(off, "int32") },
        });
      }
    }
  }
});

test("LinSpace", async () => {
  for (const [start, stop, count] of [
    [0, 1, 5],
    [3, -2, 4],
    [1, 9, 1],
    [2, 2, 3],
    [-1, 1, 200],
  ] as const) {
    const values = [tf.scalar(start), tf.scalar(stop), tf.scalar(count, "int32")];
    const constants = Object.fromEntries(values.map((value, i) => [`c${i}`, value]));
    await assertConstant(nodesOf(["LinSpace"]), constants);
    for (const fed of [
      [true, false, false],
      [false, true, true],
      [true, true, true],
    ]) {
      await assertOperator({ op: "LinSpace", inputs: values.map((value, i) => ({ value, fed: fed[i] })) });
    }
  }
});

const RANGES = [
  [0, 5, 1],
  [2, 11, 3],
  [5, 0, -1],
  [7, -2, -3],
  // Nothing between them.
  [3, 3, 1],
  [0, 5, -1],
  [5, 0, 2],
  // Upwards by 1 to something lower: TensorFlow.js goes down.
  [5, 1, 1],
  [-1, -4, 1],
] as const;

test("Range", async () => {
  for (const ends of [...RANGES, [0, 1, 0.25], [1, -1, -0.5]]) {
    const whole = ends.every(Number.isInteger);
    for (const dtype of whole ? (["int32", "float32"] as const) : (["float32"] as const)) {
      const values = ends.map((end) => tf.scalar(end, dtype));
      const constants = Object.fromEntries(values.map((value, i) => [`c${i}`, value]));
      const attributes = { Tidx: attr.dtype(dtype) };
      await assertConstant(nodesOf(["Range"], attributes), constants);
      for (const fed of [
        [true, false, false],
        [false, true, false],
        [true, true, true],
      ]) {
        await assertOperator({ op: "Range", inputs: values.map((value, i) => ({ value, fed: fed[i] })), attributes });
      }
    }
  }
});

test("Range without a type is of floats", async () => {
  const inputs = [0, 4, 1].map((end, i) => ({ value: tf.scalar(end, "int32"), fed: i === 1 }));
  await assertOperator({ op: "Range", inputs });
});

test("counting to an extent is one Range, and what is filled with extents stays known", async () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [-1, 3], dtype: "float32" } },
    constants: { zero: tf.scalar(0, "int32"), one: tf.scalar(1, "int32"), two: list([2]) },
    nodes: [
      { name: "size", op: "Size", input: ["x"] },
      { name: "range", op: "Range", input: ["zero", "size", "one"], attr: { Tidx: attr.dtype("int32") } },
      { name: "shape", op: "Fill", input: ["two", "size"], attr: { T: attr.dtype("int32") } },
      { name: "square", op: "Zeros", input: ["shape"] },
    ],
    outputs: ["range", "square"],
  };
  await assertGraph(graph, { x: tf.ones([2, 3]) });
  const { nodes, outputs } = optimized(graph);
  assert.equal(nodes.filter(({ op }) => op === "Range" || op === "Where").length, 1);
  assert.deepEqual(outputs[1]!.shape, ["3 * N", "3 * N"]);
});

test("impossible shapes and steps are refused", () => {
  const read =
    (op: string, ...values: tf.Tensor[]) =>
    () => {
      const constants = Object.fromEntries(values.map((value, i) => [`c${i}`, value]));
      const nodes = [{ name: "y", op, input: Object.keys(constants) }];
      readGraphModel(graphArtifacts({ inputs: {}, constants, nodes, outputs: ["y"] }), { opset: 17 });
    };
  const [zero, one] = [tf.scalar(0, "int32"), tf.scalar(1, "int32")];
  const code = "CONVERT_INVALID_MODEL";
  assert.throws(read("Range", zero, one, zero), { code, message: /step is 0/ });
  assert.throws(read("Fill", zero, one), { code, message: /its shape/ });
  assert.throws(read("Fill", list([2, -1]), one), { code, message: /no shape/ });
  assert.throws(read("LinSpace", zero, one, zero), { code, message: /0 numbers/ });
});
