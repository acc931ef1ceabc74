import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { constant, libraryFunction } from "../../../test/control-flow.js";
import { assertGraph, attr, optimized, type TestGraph, type TestNode } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const ifNode = (name: string, input: string[], op = "StatelessIf"): TestNode => ({
  name,
  op,
  input,
  attr: { then_branch: attr.func(`${name}_then`), else_branch: attr.func(`${name}_else`) },
});

test("the condition's type and shape, and what the branches hand on", async () => {
  const args = { x: "float32", y: "float32" } as const;
  for (const op of ["If", "StatelessIf"]) {
    for (const dtype of ["bool", "int32", "float32"] as const) {
      for (const shape of [[], [1], [2, 2]]) {
        const graph: TestGraph = {
          inputs: {
            p: { shape, dtype },
            x: { shape: [-1, 2], dtype: "float32" },
            y: { shape: [2], dtype: "float32" },
          },
          nodes: [
            ifNode("if", ["p", "x", "y"], op),
            { name: "first", op: "Identity", input: ["if"] },
            { name: "second", op: "Identity", input: ["if:1"] },
            { name: "third", op: "Identity", input: ["if:2"] },
          ],
          functions: [
            libraryFunction(
              "if_then",
              args,
              [
                { name: "sum", op: "AddV2", input: ["x", "y"] },
                { name: "same", op: "Identity", input: ["y"] },
              ],
              ["sum:z:0", "same:output:0", "x"],
            ),
            libraryFunction(
              "if_else",
              args,
              [
                { name: "product", op: "Mul", input: ["y", "y"] },
                { name: "quotient", op: "RealDiv", input: ["x", "y"] },
              ],
              ["quotient:z:0", "product:z:0", "x"],
            ),
          ],
          outputs: ["first", "second", "third"],
        };
        for (const value of [0, 1]) {
          const p = tf.tensor([value, 1, 0, 1].slice(0, tf.util.sizeFromShape(shape)), shape, dtype);
          await assertGraph(graph, { p, x: tf.ones([3, 2]), y: tf.tensor1d([2, -4]) });
        }
      }
    }
  }
});

test("branches whose results differ in shape", async () => {
  const graph: TestGraph = {
    inputs: { p: { shape: [], dtype: "bool" }, x: { shape: [3], dtype: "float32" } },
    constants: { axis: tf.scalar(0, "int32"), one: tf.scalar(1) },
    nodes: [ifNode("if", ["p", "x"]), { name: "more", op: "AddV2", input: ["if", "one"] }],
    functions: [
      libraryFunction(
        "if_then",
        { x: "float32" },
        [
          constant("axis"),
          { name: "twice", op: "ConcatV2", input: ["x", "x", "axis:output:0"], attr: { N: attr.int(2) } },
        ],
        ["twice:output:0"],
      ),
      libraryFunction("if_else", { x: "float32" }, [{ name: "same", op: "Identity", input: ["x"] }], ["same:output:0"]),
    ],
    outputs: ["more"],
  };
  for (const value of [0, 1]) await assertGraph(graph, { p: tf.scalar(value, "bool"), x: tf.tensor1d([1, 2, 3]) });
});

test("branches that give constants", async () => {
  const graph: TestGraph = {
    inputs: { p: { shape: [], dtype: "bool" } },
    constants: { one: tf.scalar(1, "int32"), two: tf.scalar(2, "int32"), half: tf.scalar(0.5) },
    nodes: [
      ifNode("if", ["p"]),
      { name: "whole", op: "AddV2", input: ["if", "one"] },
      { name: "part", op: "AddV2", input: ["if:1", "half"] },
    ],
    functions: ["one", "two"].map((name) =>
      libraryFunction(
        name === "one" ? "if_then" : "if_else",
        {},
        [
          constant(name),
          constant("half", "float32"),
          { name: "sum", op: "AddV2", input: ["half:output:0", "half:output:0"] },
        ],
        [`${name}:output:0`, name === "one" ? "half:output:0" : "sum:z:0"],
      ),
    ),
    outputs: ["whole", "part"],
  };
  for (const value of [0, 1]) await assertGraph(graph, { p: tf.scalar(value, "bool") });
});

test("a constant condition leaves its branch alone", () => {
  const graph: TestGraph = {
    inputs: { x: { shape: [3], dtype: "float32" } },
    constants: { p: tf.scalar(1, "bool") },
    nodes: [ifNode("if", ["p", "x"]), { name: "y", op: "Identity", input: ["if"] }],
    functions: [
      libraryFunction("if_then", { x: "float32" }, [{ name: "sum", op: "AddV2", input: ["x", "x"] }], ["sum:z:0"]),
      libraryFunction("if_else", { x: "float32" }, [{ name: "same", op: "Mul", input: ["x", "x"] }], ["same:z:0"]),
    ],
    outputs: ["y"],
  };
  const { nodes } = optimized(graph);
  assert.deepEqual(
    nodes.map((node) => node.op),
    ["Add"],
  );
});

test("a while in an if, an if in a while, and a list that a branch fills", async () => {
  const loop = { i: "int32", n: "int32", x: "float32", list: "list" } as const;
  const dtype = { element_dtype: attr.dtype("float32") };
  const whileNode = (name: string, input: string[]): TestNode => ({
    name,
    op: "StatelessWhile",
    input,
    attr: { cond: attr.func("cond"), body: attr.func("body") },
  });
  const graph: TestGraph = {
    inputs: {
      p: { shape: [], dtype: "bool" },
      n: { shape: [], dtype: "int32" },
      x: { shape: [-1], dtype: "float32" },
    },
    constants: {
      zero: tf.scalar(0, "int32"),
      one: tf.scalar(1, "int32"),
      two: tf.scalar(2, "int32"),
      open: tf.scalar(-1, "int32"),
    },
    nodes: [
      { name: "reserve", op: "TensorListReserve", input: ["open", "n"], attr: dtype },
      ifNode("if", ["p", "n", "x", "reserve"]),
      { name: "stack", op: "TensorListStack", input: ["if:1", "open"], attr: dtype },
      { name: "state", op: "Identity", input: ["if:0"] },
    ],
    functions: [
      libraryFunction(
        "if_then",
        { n: "int32", x: "float32", list: "list" },
        [
          constant("zero"),
          whileNode("while", ["zero:output:0", "n", "x", "list"]),
          { name: "x_out", op: "Identity", input: ["while:output:2"] },
          { name: "list_out", op: "Identity", input: ["while:output:3"] },
        ],
        ["x_out:output:0", "list_out:output:0"],
      ),
      libraryFunction(
        "if_else",
        { n: "int32", x: "float32", list: "list" },
        [
          { name: "push", op: "TensorListPushBack", input: ["list", "x"], attr: dtype },
          { name: "same", op: "Identity", input: ["x"] },
        ],
        ["same:output:0", "push:output_handle:0"],
      ),
      libraryFunction("cond", loop, [{ name: "less", op: "Less", input: ["i", "n"] }], ["less:z:0"]),
      libraryFunction(
        "body",
        loop,
        [
          constant("one"),
          constant("two"),
          { name: "next", op: "AddV2", input: ["i", "one:output:0"] },
          { name: "early", op: "Less", input: ["i", "two:output:0"] },
          ifNode("step", ["early:z:0", "x"]),
          { name: "stepped", op: "Identity", input: ["step:output:0"] },
          { name: "write", op: "TensorListSetItem", input: ["list", "i", "stepped:output:0"], attr: dtype },
        ],
        ["next:z:0", "n", "stepped:output:0", "write:output_handle:0"],
      ),
      libraryFunction("step_then", { x: "float32" }, [{ name: "sum", op: "AddV2", input: ["x", "x"] }], ["sum:z:0"]),
      libraryFunction("step_else", { x: "float32" }, [{ name: "minus", op: "Mul", input: ["x", "x"] }], ["minus:z:0"]),
    ],
    outputs: ["stack", "state"],
  };
  for (const p of [0, 1]) {
    for (const n of [1, 4]) {
      await assertGraph(graph, {
        p: tf.scalar(p, "bool"),
        n: tf.scalar(n, "int32"),
        x: tf.tensor1d([0.5, -1]),
      });
    }
  }
});
