import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { constant, counting, int, libraryFunction, loopOf, whileNode } from "../../../test/control-flow.js";
import { assertGraph, attr, type TestGraph } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const { less, next } = counting;

test("a list that a loop fills becomes its scan output", async () => {
  const args = { i: "int32", n: "int32", state: "float32", list: "list", x: "float32" } as const;
  for (const write of ["TensorListSetItem", "TensorListPushBack"]) {
    const set = write === "TensorListSetItem";
    const graph: TestGraph = {
      inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1, 2], dtype: "float32" } },
      constants: { zero: int(0), one: int(1), shape: tf.tensor1d([-1, 2], "int32") },
      nodes: [
        {
          name: "reserve",
          op: set ? "TensorListReserve" : "EmptyTensorList",
          input: ["shape", set ? "n" : "minus"],
          attr: { element_dtype: attr.dtype("float32") },
        },
        whileNode("while", ["zero", "n", "x", "reserve", "x"]),
        {
          name: "stack",
          op: "TensorListStack",
          input: ["while:3", "shape"],
          attr: { element_dtype: attr.dtype("float32"), num_elements: attr.int(-1) },
        },
        { name: "last", op: "Identity", input: ["while:2"] },
      ],
      functions: [
        libraryFunction("while_cond", args, [less], ["less:z:0"]),
        libraryFunction(
          "while_body",
          args,
          [
            constant("one"),
            next,
            { name: "sum", op: "AddV2", input: ["state", "x"] },
            {
              name: "write",
              op: write,
              input: set ? ["list", "i", "sum:z:0"] : ["list", "sum:z:0"],
              attr: { element_dtype: attr.dtype("float32") },
            },
          ],
          ["next:z:0", "n", "sum:z:0", "write:output_handle:0", "x"],
        ),
      ],
      outputs: ["stack", "last"],
    };
    graph.constants!.minus = int(-1);
    for (const n of [1, 4]) await assertGraph(graph, { n: int(n), x: tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]) });
    const loop = loopOf(graph);
    assert.equal(loop.inputs.length, 4, "counter and state alone are carried");
    assert.equal(loop.outputs.filter((name) => name !== "").length, 3);
  }
});

test("Fibonacci: a list that the loop reads while it grows", async () => {
  // TensorFlow.js frees what a body writes into a list unless the body hands it on as well.
  const args = { i: "int32", n: "int32", list: "list", latest: "int32" } as const;
  const dtype = { element_dtype: attr.dtype("int32") };
  for (const shape of [tf.scalar(-1, "int32"), tf.tensor1d([1], "int32")]) {
    const graph: TestGraph = {
      inputs: { n: { shape: [], dtype: "int32" }, first: { shape: [1], dtype: "int32" } },
      constants: { zero: int(0), one: int(1), two: int(2), shape },
      nodes: [
        { name: "reserve", op: "TensorListReserve", input: ["shape", "n"], attr: dtype },
        { name: "with_0", op: "TensorListSetItem", input: ["reserve", "zero", "first"], attr: dtype },
        { name: "with_1", op: "TensorListSetItem", input: ["with_0", "one", "first"], attr: dtype },
        whileNode("while", ["two", "n", "with_1", "first"]),
        { name: "stack", op: "TensorListStack", input: ["while:2", "shape"], attr: dtype },
        { name: "length", op: "TensorListLength", input: ["while:2"] },
      ],
      functions: [
        libraryFunction("while_cond", args, [less], ["less:z:0"]),
        libraryFunction(
          "while_body",
          args,
          [
            constant("one"),
            constant("two"),
            constant("shape"),
            next,
            { name: "at_1", op: "Sub", input: ["i", "one:output:0"] },
            { name: "at_2", op: "Sub", input: ["i", "two:output:0"] },
            { name: "get_1", op: "TensorListGetItem", input: ["list", "at_1:z:0", "shape:output:0"], attr: dtype },
            { name: "get_2", op: "TensorListGetItem", input: ["list", "at_2:z:0", "shape:output:0"], attr: dtype },
            { name: "sum", op: "AddV2", input: ["get_1:item:0", "get_2:item:0"] },
            { name: "write", op: "TensorListSetItem", input: ["list", "i", "sum:z:0"], attr: dtype },
          ],
          ["next:z:0", "n", "write:output_handle:0", "sum:z:0"],
        ),
      ],
      outputs: ["stack", "length"],
    };
    for (const n of [2, 3, 9]) await assertGraph(graph, { n: int(n), first: tf.tensor1d([1], "int32") });
  }
});

test("a list that a loop fills from its end, and one of another loop's elements", async () => {
  const args = { i: "int32", list: "list", source: "list" } as const;
  const dtype = { element_dtype: attr.dtype("float32") };
  const graph: TestGraph = {
    inputs: { from: { shape: [], dtype: "int32" }, x: { shape: [-1, 2], dtype: "float32" } },
    constants: { minus: int(-1), open: tf.scalar(-1, "int32"), shape: tf.tensor1d([2], "int32"), size: int(4) },
    nodes: [
      { name: "reserve", op: "TensorListReserve", input: ["open", "size"], attr: dtype },
      { name: "source", op: "TensorListFromTensor", input: ["x", "shape"], attr: dtype },
      whileNode("while", ["from", "reserve", "source"]),
      { name: "stack", op: "TensorListStack", input: ["while:1", "shape"], attr: dtype },
    ],
    functions: [
      libraryFunction(
        "while_cond",
        args,
        [constant("minus"), { name: "going", op: "Greater", input: ["i", "minus:output:0"] }],
        ["going:z:0"],
      ),
      libraryFunction(
        "while_body",
        args,
        [
          constant("minus"),
          constant("shape"),
          { name: "down", op: "AddV2", input: ["i", "minus:output:0"] },
          { name: "get", op: "TensorListGetItem", input: ["source", "i", "shape:output:0"], attr: dtype },
          { name: "write", op: "TensorListSetItem", input: ["list", "i", "get:item:0"], attr: dtype },
        ],
        ["down:z:0", "write:output_handle:0", "source"],
      ),
    ],
    outputs: ["stack"],
  };
  for (const from of [0, 3]) await assertGraph(graph, { from: int(from), x: tf.range(0, 8).reshape([4, 2]) });
});

test("elements with a free extent in a list that the loop reads", async () => {
  const args = { i: "int32", n: "int32", list: "list", x: "float32" } as const;
  const dtype = { element_dtype: attr.dtype("float32") };
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1, 2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), open: tf.scalar(-1, "int32") },
    nodes: [
      { name: "reserve", op: "TensorListReserve", input: ["open", "n"], attr: dtype },
      whileNode("while", ["zero", "n", "reserve", "x"]),
      { name: "stack", op: "TensorListStack", input: ["while:2", "open"], attr: dtype },
    ],
    functions: [
      libraryFunction("while_cond", args, [less], ["less:z:0"]),
      libraryFunction(
        "while_body",
        args,
        [
          constant("one"),
          constant("open"),
          next,
          { name: "write", op: "TensorListSetItem", input: ["list", "i", "x"], attr: dtype },
          { name: "length", op: "TensorListLength", input: ["write:output_handle:0"] },
          { name: "last", op: "Sub", input: ["length:length:0", "one:output:0"] },
          {
            name: "get",
            op: "TensorListGetItem",
            input: ["write:output_handle:0", "last:z:0", "open:output:0"],
            attr: dtype,
          },
          { name: "more", op: "AddV2", input: ["get:item:0", "get:item:0"] },
        ],
        ["next:z:0", "n", "write:output_handle:0", "more:z:0"],
      ),
    ],
    outputs: ["stack"],
  };
  for (const n of [1, 3]) await assertGraph(graph, { n: int(n), x: tf.ones([3, 2]) });
});

test("a loop adds to a list that has elements, in every iteration or in some", async () => {
  const args = { i: "int32", n: "int32", list: "list", some: "list", x: "float32" } as const;
  const dtype = { element_dtype: attr.dtype("float32") };
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), two: int(2), open: tf.scalar(-1, "int32"), rows: tf.ones([3, 2]) },
    nodes: [
      { name: "start", op: "TensorListFromTensor", input: ["rows", "open"], attr: dtype },
      { name: "other", op: "TensorListFromTensor", input: ["rows", "open"], attr: dtype },
      whileNode("while", ["zero", "n", "start", "other", "x"]),
      { name: "all", op: "TensorListStack", input: ["while:2", "open"], attr: dtype },
      { name: "few", op: "TensorListStack", input: ["while:3", "open"], attr: dtype },
    ],
    functions: [
      libraryFunction("while_cond", args, [less], ["less:z:0"]),
      libraryFunction(
        "while_body",
        args,
        [
          constant("one"),
          constant("two"),
          next,
          { name: "push", op: "TensorListPushBack", input: ["list", "x"], attr: dtype },
          { name: "early", op: "Less", input: ["i", "two:output:0"] },
          {
            name: "if",
            op: "If",
            input: ["early:z:0", "some", "x"],
            attr: { then_branch: attr.func("then"), else_branch: attr.func("else") },
          },
          { name: "chosen", op: "Identity", input: ["if:output:0"] },
        ],
        ["next:z:0", "n", "push:output_handle:0", "chosen:output:0", "x"],
      ),
      libraryFunction(
        "then",
        { list: "list", x: "float32" },
        [{ name: "push", op: "TensorListPushBack", input: ["list", "x"], attr: dtype }],
        ["push:output_handle:0"],
      ),
      libraryFunction(
        "else",
        { list: "list", x: "float32" },
        [{ name: "same", op: "Identity", input: ["list"] }],
        ["same:output:0"],
      ),
    ],
    outputs: ["all", "few"],
  };
  for (const n of [0, 1, 4]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([5, -2]) });
});

test("newer operator sets", async () => {
  const args = { i: "int32", n: "int32", list: "list" } as const;
  const dtype = { element_dtype: attr.dtype("int32") };
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, from: { shape: [], dtype: "int32" } },
    constants: { one: int(1), open: tf.scalar(-1, "int32") },
    nodes: [
      { name: "reserve", op: "TensorListReserve", input: ["open", "n"], attr: dtype },
      whileNode("while", ["from", "n", "reserve"]),
      { name: "stack", op: "TensorListStack", input: ["while:2", "open"], attr: dtype },
      { name: "scatter", op: "TensorListScatter", input: ["stack", "stack", "open"], attr: dtype },
      { name: "ordered", op: "TensorListStack", input: ["scatter", "open"], attr: dtype },
    ],
    functions: [
      libraryFunction("while_cond", args, [less], ["less:z:0"]),
      libraryFunction(
        "while_body",
        args,
        [constant("one"), next, { name: "write", op: "TensorListSetItem", input: ["list", "i", "i"], attr: dtype }],
        ["next:z:0", "n", "write:output_handle:0"],
      ),
    ],
    outputs: ["ordered"],
  };
  for (const opset of [17, 18, 21]) await assertGraph(graph, { n: int(4), from: int(0) }, { opset });
});

test("a recurrent network as TensorFlow 2 writes it", async () => {
  const dtype = { element_dtype: attr.dtype("float32") };
  const args = {
    counter: "int32",
    maximum: "int32",
    time: "int32",
    outputs: "list",
    state: "float32",
    steps: "int32",
    inputs: "list",
    kernel: "float32",
    recurrent: "float32",
    bias: "float32",
  } as const;
  const graph: TestGraph = {
    inputs: { x: { shape: [-1, -1, 3], dtype: "float32" } },
    constants: {
      zero: int(0),
      one: int(1),
      steps: int(5),
      open: tf.scalar(-1, "int32"),
      shape_in: tf.tensor1d([-1, 3], "int32"),
      shape_out: tf.tensor1d([-1, 4], "int32"),
      kernel: tf.randomUniform([3, 4], -1, 1, "float32", 1),
      recurrent: tf.randomUniform([4, 4], -1, 1, "float32", 2),
      bias: tf.randomUniform([4], -1, 1, "float32", 3),
      nothing: tf.zeros([3, 4]),
    },
    nodes: [
      { name: "unstacked", op: "TensorListFromTensor", input: ["x", "shape_in"], attr: dtype },
      { name: "reserve", op: "TensorListReserve", input: ["shape_out", "steps"], attr: dtype },
      { name: "first", op: "TensorListGetItem", input: ["unstacked", "zero", "shape_in"], attr: dtype },
      { name: "state", op: "MatMul", input: ["first", "nothing"] },
      whileNode("while", [
        "zero",
        "steps",
        "zero",
        "reserve",
        "state",
        "steps",
        "unstacked",
        "kernel",
        "recurrent",
        "bias",
      ]),
      { name: "stack", op: "TensorListStack", input: ["while:3", "shape_out"], attr: dtype },
      { name: "last", op: "Identity", input: ["while:4"] },
    ],
    functions: [
      libraryFunction(
        "while_cond",
        args,
        [
          { name: "less", op: "Less", input: ["time", "steps"] },
          { name: "within", op: "Less", input: ["counter", "maximum"] },
          { name: "and", op: "LogicalAnd", input: ["less:z:0", "within:z:0"] },
          { name: "going", op: "Identity", input: ["and:z:0"] },
        ],
        ["going:output:0"],
      ),
      libraryFunction(
        "while_body",
        args,
        [
          constant("one"),
          constant("shape_in"),
          { name: "get", op: "TensorListGetItem", input: ["inputs", "time", "shape_in:output:0"], attr: dtype },
          { name: "from_input", op: "MatMul", input: ["get:item:0", "kernel"] },
          { name: "from_state", op: "MatMul", input: ["state", "recurrent"] },
          { name: "both", op: "AddV2", input: ["from_input:product:0", "from_state:product:0"] },
          { name: "biased", op: "BiasAdd", input: ["both:z:0", "bias"] },
          { name: "tanh", op: "Tanh", input: ["biased:output:0"] },
          { name: "set", op: "TensorListSetItem", input: ["outputs", "time", "tanh:y:0"], attr: dtype },
          { name: "later", op: "AddV2", input: ["time", "one:output:0"] },
          { name: "count", op: "AddV2", input: ["counter", "one:output:0"] },
          { name: "kernel_again", op: "Identity", input: ["kernel"] },
        ],
        [
          "count:z:0",
          "maximum",
          "later:z:0",
          "set:output_handle:0",
          "tanh:y:0",
          "steps",
          "inputs",
          "kernel_again:output:0",
          "recurrent",
          "bias",
        ],
      ),
    ],
    outputs: ["stack", "last"],
  };
  await assertGraph(graph, { x: tf.randomUniform([5, 2, 3], -1, 1, "float32", 4) });
});
