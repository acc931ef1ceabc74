import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { filled, frame, int, ints } from "../../../test/control-flow.js";
import {
  assertGraph,
  attr,
  graphArtifacts,
  optimized,
  type TestGraph,
  type TestNode,
} from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const DTYPES = ["float32", "int32", "bool"] as const;

const arrayNode = (name: string, size: string, dtype: tf.DataType, element?: number[]): TestNode => ({
  name,
  op: "TensorArrayV3",
  input: [size],
  attr: {
    dtype: attr.dtype(dtype),
    element_shape: element ? attr.shape(element) : { shape: { unknownRank: true } },
    dynamic_size: attr.bool(false),
    clear_after_read: attr.bool(false),
    identical_element_shapes: attr.bool(true),
    tensor_array_name: attr.string(name),
  },
});

/** An array that holds the rows of x [4, ...element], and what a graph makes of it. */
async function overArrays(
  nodes: (dtype: tf.DataType) => TestNode[],
  outputs: string[],
  constants = {},
  elements = [[], [2], [2, 3]],
) {
  for (const dtype of DTYPES) {
    for (const element of elements) {
      for (const free of [false, true]) {
        for (const indices of [
          [0, 1, 2, 3],
          [2, 0, 3, 1],
        ]) {
          const shape = [4, ...element];
          const graph: TestGraph = {
            inputs: { x: { shape: shape.map((extent) => (free ? -1 : extent)), dtype } },
            constants: { size: int(4), indices: ints(indices), ...constants },
            nodes: [
              arrayNode("array", "size", dtype, element.length > 0 ? element : undefined),
              {
                name: "flow",
                op: "TensorArrayScatterV3",
                input: ["array", "indices", "x", "array:1"],
                attr: { T: attr.dtype(dtype) },
              },
              ...nodes(dtype),
            ],
            outputs,
          };
          try {
            await assertGraph(graph, { x: filled(shape, dtype) });
          } catch (error) {
            throw new Error(`${dtype} [${shape}]${free ? " free" : ""}: ${error}`, { cause: error });
          }
        }
      }
    }
  }
}

test("TensorArrayScatterV3, TensorArrayGatherV3, TensorArraySizeV3", async () => {
  await overArrays(
    (dtype) => [
      {
        name: "gather",
        op: "TensorArrayGatherV3",
        input: ["array", "all", "flow"],
        attr: { dtype: attr.dtype(dtype) },
      },
      { name: "some", op: "TensorArrayGatherV3", input: ["array", "few", "flow"], attr: { dtype: attr.dtype(dtype) } },
      { name: "length", op: "TensorArraySizeV3", input: ["array", "flow"] },
    ],
    ["gather", "some", "length"],
    { all: ints([0, 1, 2, 3]), few: ints([3, 1]) },
  );
});

test("TensorArrayReadV3, TensorArrayWriteV3", async () => {
  await overArrays(
    (dtype) => [
      { name: "read", op: "TensorArrayReadV3", input: ["array", "at", "flow"], attr: { dtype: attr.dtype(dtype) } },
      arrayNode("other", "size", dtype),
      { name: "first", op: "TensorArrayWriteV3", input: ["other", "one", "read", "other:1"] },
      { name: "second", op: "TensorArrayWriteV3", input: ["other", "zero", "read", "first"] },
      { name: "length", op: "TensorArraySizeV3", input: ["other", "second"] },
      {
        name: "all",
        op: "TensorArrayGatherV3",
        input: ["other", "both", "second"],
        attr: { dtype: attr.dtype(dtype) },
      },
    ],
    ["read", "length", "all"],
    { at: int(2), zero: int(0), one: int(1), both: ints([0, 1]) },
  );
});

test("TensorArrayConcatV3", async () => {
  await overArrays(
    (dtype) => [
      { name: "all", op: "TensorArrayConcatV3", input: ["array", "flow"], attr: { dtype: attr.dtype(dtype) } },
    ],
    ["all"],
    {},
    [[2], [2, 3]],
  );
});

test("TensorArraySplitV3", async () => {
  for (const dtype of DTYPES) {
    for (const [shape, element, lengths] of [
      [[6], [2], [2, 2, 2]],
      [[3, 2], [2], [1, 1, 1]],
      [
        [4, 3],
        [2, 3],
        [2, 2],
      ],
      [
        [4, 3],
        [-1, 3],
        [2, 2],
      ],
      [[4, 3], [6], [2, 2]],
    ] as const) {
      const graph: TestGraph = {
        inputs: { x: { shape: [...shape], dtype } },
        constants: { size: int(lengths.length), lengths: ints([...lengths]), at: int(1) },
        nodes: [
          arrayNode("array", "size", dtype, [...element]),
          {
            name: "flow",
            op: "TensorArraySplitV3",
            input: ["array", "x", "lengths", "array:1"],
            attr: { T: attr.dtype(dtype) },
          },
          { name: "read", op: "TensorArrayReadV3", input: ["array", "at", "flow"], attr: { dtype: attr.dtype(dtype) } },
        ],
        outputs: ["read"],
      };
      await assertGraph(graph, { x: filled([...shape], dtype) });
    }
  }
});

test("TensorArrayCloseV3", async () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [2], dtype: "float32" } },
    constants: { size: int(1), zero: int(0) },
    nodes: [
      arrayNode("array", "size", "float32"),
      { name: "close", op: "TensorArrayCloseV3", input: ["array"] },
      { name: "y", op: "AddV2", input: ["x", "x"] },
    ],
    outputs: ["y"],
  };
  await assertGraph(graph, { x: tf.tensor1d([1, 2]) });
});

test("a recurrent network as TensorFlow 1 writes it", async () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [-1, -1, 3], dtype: "float32" } },
    constants: {
      zero: int(0),
      one: int(1),
      steps: int(5),
      kernel: tf.randomUniform([3, 4], -1, 1, "float32", 1),
      recurrent: tf.randomUniform([4, 4], -1, 1, "float32", 2),
      state: tf.zeros([2, 4]),
    },
    nodes: [
      arrayNode("inputs", "steps", "float32"),
      arrayNode("outputs", "steps", "float32", [-1, 4]),
      { name: "range", op: "Range", input: ["zero", "steps", "one"], attr: { Tidx: attr.dtype("int32") } },
      {
        name: "unstacked",
        op: "TensorArrayScatterV3",
        input: ["inputs", "range", "x", "inputs:1"],
        attr: { T: attr.dtype("float32") },
      },
      ...frame(
        "rnn/while_context",
        [
          { name: "counter", start: "zero", next: "counter/more" },
          { name: "time", start: "zero", next: "time/more" },
          { name: "flow", start: "outputs:1", next: "write" },
          { name: "state", start: "state", next: "tanh" },
        ],
        {
          limit: "steps",
          input_handle: "inputs",
          input_flow: "unstacked",
          output_handle: "outputs",
          kernel: "kernel",
          recurrent: "recurrent",
        },
        "and",
      ),
      { name: "less", op: "Less", input: ["counter/merge", "limit/enter"] },
      { name: "less_1", op: "Less", input: ["time/merge", "limit/enter"] },
      { name: "and", op: "LogicalAnd", input: ["less", "less_1"] },
      { name: "counter/more", op: "AddV2", input: ["counter/body", "one"] },
      { name: "time/more", op: "AddV2", input: ["time/body", "one"] },
      {
        name: "read",
        op: "TensorArrayReadV3",
        input: ["input_handle/enter", "time/body", "input_flow/enter"],
        attr: { dtype: attr.dtype("float32") },
      },
      { name: "from_input", op: "MatMul", input: ["read", "kernel/enter"] },
      { name: "from_state", op: "MatMul", input: ["state/body", "recurrent/enter"] },
      { name: "both", op: "AddV2", input: ["from_input", "from_state"] },
      { name: "tanh", op: "Tanh", input: ["both"] },
      {
        name: "write",
        op: "TensorArrayWriteV3",
        input: ["output_handle/enter", "time/body", "tanh", "flow/body"],
        attr: { T: attr.dtype("float32") },
      },
      { name: "size", op: "TensorArraySizeV3", input: ["outputs", "flow/exit"] },
      { name: "range_1", op: "Range", input: ["zero", "size", "one"], attr: { Tidx: attr.dtype("int32") } },
      {
        name: "stack",
        op: "TensorArrayGatherV3",
        input: ["outputs", "range_1", "flow/exit"],
        attr: { dtype: attr.dtype("float32"), element_shape: attr.shape([-1, 4]) },
      },
    ],
    outputs: ["stack", "state/exit"],
  };
  await assertGraph(graph, { x: tf.randomUniform([5, 2, 3], -1, 1, "float32", 4) });
  const { nodes } = optimized(graph);
  const operators = nodes.map((node) => node.op);
  assert.deepEqual(
    operators.filter((op) => op === "Loop"),
    ["Loop"],
  );
  assert.ok(!operators.includes("Gather"), `the scan output is the result: ${operators}`);
});

test("what is no array, or has elements of differing shapes, is refused", () => {
  const read = (nodes: TestNode[]) => () =>
    readGraphModel(
      graphArtifacts({
        inputs: { x: { shape: [3], dtype: "float32" } },
        constants: { size: int(2), lengths: ints([1, 2]), zero: int(0) },
        nodes: [arrayNode("array", "size", "float32"), ...nodes],
        outputs: ["y"],
      }),
      { opset: 17 },
    );
  const y = (input: string[], op: string) => ({ name: "y", op, input });
  const refused = { code: "CONVERT_UNSUPPORTED" };
  assert.throws(read([y(["array", "zero", "array:1"], "TensorArrayReadV3")]), { ...refused, message: /empty/ });
  assert.throws(read([y(["array", "zero", "x"], "TensorArrayReadV3")]), { ...refused, message: /flow/ });
  assert.throws(
    read([
      { name: "flow", op: "TensorArraySplitV3", input: ["array", "x", "lengths", "array:1"] },
      y(["array", "zero", "flow"], "TensorArrayReadV3"),
    ]),
    { ...refused, message: /differ in length/ },
  );
  assert.throws(read([y(["array", "array"], "Add")]), { ...refused });
});
