import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { constant, counting, int, libraryFunction, loopOf, whileNode } from "../../../test/control-flow.js";
import { assertGraph, attr, graphArtifacts, type TestGraph, type TestNode } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const { less, next } = counting;

test("counting loop", async () => {
  const args = { i: "int32", n: "int32", s: "float32", x: "float32" } as const;
  for (const op of ["While", "StatelessWhile"]) {
    const graph: TestGraph = {
      inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1], dtype: "float32" } },
      constants: { zero: int(0), one: int(1) },
      nodes: [
        whileNode("while", ["zero", "n", "x", "x"], op),
        { name: "count", op: "Identity", input: ["while"] },
        { name: "sum", op: "Identity", input: ["while:2"] },
      ],
      functions: [
        libraryFunction("while_cond", args, [less], ["less:z:0"]),
        libraryFunction(
          "while_body",
          args,
          [
            constant("one"),
            next,
            { name: "more", op: "AddV2", input: ["s", "x"] },
            { name: "same", op: "Identity", input: ["n"] },
          ],
          ["next:z:0", "same:output:0", "more:z:0", "x"],
        ),
      ],
      outputs: ["count", "sum"],
    };
    for (const n of [0, 1, 5]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([1, 2, 3]) });
    assert.equal(loopOf(graph).inputs.length, 4, "what stays the same is read from outside");
  }
});

test("variables whose shapes change, from the first iteration on or by way of each other", async () => {
  const args = { i: "int32", n: "int32", x: "float32", y: "float32", z: "float32" } as const;
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [2, 3], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), axis: int(0) },
    nodes: [
      whileNode("while", ["zero", "n", "x", "x", "x"]),
      ...[2, 3, 4].map((i) => ({ name: `out_${i}`, op: "Identity", input: [`while:${i}`] })),
    ],
    functions: [
      libraryFunction("while_cond", args, [less], ["less:z:0"]),
      libraryFunction(
        "while_body",
        args,
        [
          constant("one"),
          constant("axis"),
          next,
          { name: "grown", op: "ConcatV2", input: ["x", "x", "axis:output:0"], attr: { N: attr.int(2) } },
          { name: "late", op: "Identity", input: ["x"] },
          { name: "later", op: "Identity", input: ["y"] },
        ],
        ["next:z:0", "n", "grown:output:0", "late:output:0", "later:output:0"],
      ),
    ],
    outputs: ["out_2", "out_3", "out_4"],
  };
  for (const n of [0, 1, 2, 4]) await assertGraph(graph, { n: int(n), x: tf.ones([2, 3]) });
});

test("a condition that is a number, and one that is not first met", async () => {
  const graph: TestGraph = {
    inputs: { n: { shape: [1], dtype: "float32" } },
    constants: { less_one: tf.scalar(-1) },
    nodes: [whileNode("while", ["n"]), { name: "rest", op: "Identity", input: ["while"] }],
    functions: [
      libraryFunction(
        "while_cond",
        { n: "float32" },
        [{ name: "same", op: "Identity", input: ["n"] }],
        ["same:output:0"],
      ),
      libraryFunction(
        "while_body",
        { n: "float32" },
        [constant("less_one", "float32"), { name: "down", op: "AddV2", input: ["n", "less_one:output:0"] }],
        ["down:z:0"],
      ),
    ],
    outputs: ["rest"],
  };
  for (const n of [0, 3]) await assertGraph(graph, { n: tf.tensor1d([n]) });
});

test("nested loops, with what both read from outside", async () => {
  const outer = { i: "int32", n: "int32", sum: "float32", x: "float32" } as const;
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), start: tf.zeros([2]) },
    nodes: [
      whileNode("outer", ["zero", "n", "start", "x"]),
      { name: "sum", op: "Identity", input: ["outer:2"] },
      { name: "count", op: "Identity", input: ["outer:0"] },
    ],
    functions: [
      libraryFunction("outer_cond", outer, [less], ["less:z:0"]),
      libraryFunction(
        "outer_body",
        outer,
        [
          constant("zero"),
          constant("one"),
          next,
          whileNode("inner", ["zero:output:0", "i", "sum", "x"]),
          { name: "result", op: "Identity", input: ["inner:output:2"] },
        ],
        ["next:z:0", "n", "result:output:0", "x"],
      ),
      libraryFunction("inner_cond", outer, [less], ["less:z:0"]),
      libraryFunction(
        "inner_body",
        outer,
        [constant("one"), next, { name: "more", op: "AddV2", input: ["sum", "x"] }],
        ["next:z:0", "n", "more:z:0", "x"],
      ),
    ],
    outputs: ["sum", "count"],
  };
  for (const n of [0, 1, 4]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([1, -2]) });
});

test("what ONNX cannot carry is refused with its reason", () => {
  const args = { i: "int32", n: "int32", x: "float32" } as const;
  const read = (body: TestNode[], x: string) => () =>
    readGraphModel(
      graphArtifacts({
        inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [2], dtype: "float32" } },
        constants: { zero: int(0), one: int(1) },
        nodes: [whileNode("while", ["zero", "n", "x"]), { name: "y", op: "Identity", input: ["while:2"] }],
        functions: [
          libraryFunction("while_cond", args, [less], ["less:z:0"]),
          libraryFunction("while_body", args, [constant("one"), next, ...body], ["next:z:0", "n", x]),
        ],
        outputs: ["y"],
      }),
      { opset: 17 },
    );
  assert.throws(read([{ name: "shape", op: "Shape", input: ["x"] }], "shape:output:0"), {
    code: "CONVERT_UNSUPPORTED",
    message: /Node "while" \(StatelessWhile\).*begins as float32 and becomes int32/,
  });
  const branches = { then_branch: attr.func("double_0"), else_branch: attr.func("double_0") };
  const doubling = Array.from({ length: 40 }, (_, i) => {
    const call = { then_branch: attr.func(`double_${i + 1}`), else_branch: attr.func(`double_${i + 1}`) };
    return libraryFunction(
      `double_${i}`,
      { p: "bool" },
      i === 39 ? [] : [{ name: "if", op: "If", input: ["p", "p"], attr: call }],
      [i === 39 ? "p" : "if:output:0"],
    );
  });
  const endless = {
    inputs: { p: { shape: [], dtype: "bool" as const } },
    nodes: [{ name: "if", op: "If", input: ["p", "p"], attr: branches }],
    functions: doubling,
    outputs: ["if"],
  };
  assert.throws(() => readGraphModel(graphArtifacts(endless), { opset: 17 }), {
    code: "CONVERT_INVALID_MODEL",
    message: /functions call each other/,
  });
  assert.throws(read([], "missing:output:0"), { code: "CONVERT_INVALID_MODEL", message: /"missing"/ });
});
