import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { libraryFunction } from "../../../test/control-flow.js";
import { assertGraph, attr, type TestGraph } from "../../../test/graph-model.js";

before(async () => {
  await tf.setBackend("cpu");
});

const int = (value: number) => tf.scalar(value, "int32");

test("counting loop", async () => {
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1], dtype: "float32" } },
    constants: { zero: int(0), one: int(1) },
    nodes: [
      {
        name: "while",
        op: "StatelessWhile",
        input: ["zero", "n", "x", "x"],
        attr: { cond: attr.func("cond"), body: attr.func("body") },
      },
      { name: "count", op: "Identity", input: ["while"] },
      { name: "sum", op: "Identity", input: ["while:2"] },
    ],
    functions: [
      libraryFunction(
        "cond",
        { i: "int32", n: "int32", s: "float32", x: "float32" },
        [{ name: "less", op: "Less", input: ["i", "n"] }],
        ["less:z:0"],
      ),
      libraryFunction(
        "body",
        { i: "int32", n: "int32", s: "float32", x: "float32" },
        [
          { name: "one", op: "Const", attr: { dtype: attr.dtype("int32") } },
          { name: "next", op: "AddV2", input: ["i", "one:output:0"] },
          { name: "more", op: "AddV2", input: ["s", "x"] },
          { name: "same", op: "Identity", input: ["n"] },
        ],
        ["next:z:0", "same:output:0", "more:z:0", "x"],
      ),
    ],
    outputs: ["count", "sum"],
  };
  for (const n of [0, 1, 5]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([1, 2, 3]) });
});
