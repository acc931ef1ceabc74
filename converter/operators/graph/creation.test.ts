import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, assertOperator, attr, graphArtifacts, type TestGraph } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

type Type = "float32" | "int32" | "bool";
const TYPES: Type[] = ["float32", "int32", "bool"];
const SHAPES = [[], [3], [2, 3], [0], [2, 0], [40, 50]];

const list = (values: number[]) => tf.tensor(values, [values.length], "int32");

test("Fill", async () => {
  for (const shape of SHAPES) {
    for (const dtype of [undefined, ...TYPES]) {
      for (const fed of [
        [false, false],
        [true, false],
        [false, true],
        [true, true],
      ] as const) {
        const inputs = [
          { value: list(shape), fed: fed[0] },
          { value: tf.scalar(dtype === "float32" ? 2.5 : 1, dtype ?? "int32"), fed: fed[1] },
        ];
        const needed = fed[0] || fed[1];
        if (needed) await assertOperator({ op: "Fill", inputs, attributes: dtype ? { T: attr.dtype(dtype) } : {} });
      }
    }
  }
});

/** Nodes that read constants alone still need an input of the model to run. */
async function assertConstant(nodes: TestGraph["nodes"], constants: Record<string, tf.Tensor>): Promise<void> {
  const graph: TestGraph = {
    inputs: { x: { shape: [2], dtype: "float32" } },
    constants,
    nodes: [...nodes, { name: "used", op: "Identity", input: ["x"] }],
    outputs: [...nodes.map(({ name }) => name), "used"],
  };
  await assertGraph(graph, { x: tf.tensor1d([1, 2]) });
}

test("Fill, Ones, Zeros of known shapes", async () => {
  for (const shape of SHAPES) {
    const nodes = TYPES.flatMap((dtype) => [
      { name: `Fill_${dtype}`, op: "Fill", input: ["shape", "value"], attr: { T: attr.dtype(dtype) } },
      ...["Ones", "Zeros"].map((op) => ({
        name: `${op}_${dtype}`,
        op,
        input: ["shape"],
        attr: { T: attr.dtype(dtype) },
      })),
    ]);
    await assertConstant(nodes, { shape: list(shape), value: tf.scalar(1, "int32") });
  }
});

test("Ones, Zeros, OnesLike, ZerosLike", async () => {
  for (const shape of SHAPES) {
    for (const op of ["Ones", "Zeros"]) {
      for (const dtype of [undefined, ...TYPES]) {
        const attributes = dtype ? { T: attr.dtype(dtype) } : {};
        await assertOperator({ op, inputs: [{ value: list(shape), fed: true }], attributes });
      }
    }
    for (const op of ["OnesLike", "ZerosLike"]) {
      for (const dtype of TYPES) {
        for (const free of [false, true]) {
          await assertOperator({ op, inputs: [{ value: tf.zeros(shape, dtype), fed: true, free }] });
        }
      }
    }
  }
});

test("OneHot", async () => {
  for (const indices of [tf.scalar(1, "int32"), list([0, 2, 5, -1, 3]), tf.zeros([2, 3], "int32"), list([])]) {
    for (const dtype of [undefined, ...TYPES]) {
      for (const [on, off] of [
        [1, 0],
        [5, -2],
        [0, 1],
      ] as const) {
        for (const fed of [false, true]) {
          const inputs = [
            { value: indices, fed: true, free: fed },
            { value: tf.scalar(4, "int32"), fed },
            { value: tf.scalar(dtype === "bool" ? Math.abs(Math.sign(on)) : on, dtype ?? "int32"), fed },
            { value: tf.scalar(dtype === "bool" ? Math.abs(Math.sign(off)) : off, dtype ?? "int32") },
          ];
          await assertOperator({ op: "OneHot", inputs, attributes: dtype ? { T: attr.dtype(dtype) } : {} });
        }
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
    await assertConstant([{ name: "y", op: "LinSpace", input: ["c0", "c1", "c2"] }], constants);
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
      await assertConstant([{ name: "y", op: "Range", input: ["c0", "c1", "c2"], attr: attributes }], constants);
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
  const { nodes, outputs } = optimize(readGraphModel(graphArtifacts(graph), { opset: 17 }).graph);
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
