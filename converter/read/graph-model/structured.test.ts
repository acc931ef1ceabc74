import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { frame } from "../../../test/control-flow.js";
import { assertGraph, attr, graphArtifacts, type TestGraph } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { readGraphModel } from "./index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const int = (value: number) => tf.scalar(value, "int32");
const operatorsOf = (graph: TestGraph) =>
  optimize(readGraphModel(graphArtifacts(graph), { opset: 17 }).graph).nodes.map((node) => node.op);

test("a loop with a variable that counts, one that grows and one that stays", async () => {
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [-1], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), axis: int(0) },
    nodes: [
      ...frame(
        "loop",
        [
          { name: "i", start: "zero", next: "i/more" },
          { name: "rows", start: "x", next: "rows/more" },
          { name: "same", start: "x", next: "same/body" },
        ],
        { n: "n" },
        "less",
      ),
      { name: "less", op: "Less", input: ["i/merge", "n/enter"] },
      { name: "i/more", op: "AddV2", input: ["i/body", "one"] },
      { name: "rows/more", op: "ConcatV2", input: ["rows/body", "same/body", "axis"], attr: { N: attr.int(2) } },
    ],
    outputs: ["i/exit", "rows/exit", "same/exit"],
  };
  for (const n of [0, 1, 3]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([1, 2]) });
  assert.ok(operatorsOf(graph).includes("Loop"));
});
