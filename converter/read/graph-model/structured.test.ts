import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { frame, int } from "../../../test/control-flow.js";
import { assertGraph, attr, graphArtifacts, optimized, type TestGraph } from "../../../test/graph-model.js";
import { optimize } from "../../passes/index.js";
import { writeOnnx } from "../../write/onnx.js";
import { readGraphModel } from "./index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const operatorsOf = (graph: TestGraph) => optimized(graph).nodes.map((node) => node.op);

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

const nested = (start: string, limit: string, row: string, invariants: Record<string, string>): TestGraph => ({
  inputs: { n: { shape: [], dtype: "int32" }, x: { shape: [2], dtype: "float32" } },
  constants: { zero: int(0), one: int(1), start: tf.zeros([2]) },
  nodes: [
    ...frame(
      "outer",
      [
        { name: "i", start: "zero", next: "i/more" },
        { name: "sum", start: "start", next: "inner_sum/exit" },
      ],
      { n: "n", x: "x" },
      "less",
    ),
    { name: "less", op: "Less", input: ["i/merge", "n/enter"] },
    { name: "i/more", op: "AddV2", input: ["i/body", "one"] },
    { name: "none", op: "Sub", input: ["i/body", "i/body"] },
    ...frame(
      "outer/inner",
      [
        { name: "j", start, next: "j/more" },
        { name: "inner_sum", start: "sum/body", next: "inner_sum/more" },
      ],
      invariants,
      "inner_less",
    ),
    { name: "inner_less", op: "Less", input: ["j/merge", limit] },
    { name: "j/more", op: "AddV2", input: ["j/body", "one"] },
    { name: "inner_sum/more", op: "AddV2", input: ["inner_sum/body", row] },
  ],
  outputs: ["sum/exit", "i/exit"],
});

test("nested loops", async () => {
  // TensorFlow.js runs an inner loop again where all that enters it is made anew; the rest it reads without an Enter.
  const graph = nested("none", "i/body", "x/enter", {});
  for (const n of [0, 1, 4]) await assertGraph(graph, { n: int(n), x: tf.tensor1d([1, -2]) });
});

test("nested loops as TensorFlow writes them, which TensorFlow.js cannot run", async () => {
  const graph = nested("zero", "limit/enter", "row/enter", { limit: "i/body", row: "x/enter" });
  for (const optimized of [false, true]) {
    const read = readGraphModel(graphArtifacts(graph), { opset: 17 }).graph;
    const session = await ort.InferenceSession.create(writeOnnx(optimized ? optimize(read) : read));
    const results = await session.run({
      n: new ort.Tensor("int32", [4], []),
      x: new ort.Tensor("float32", [1, -2], [2]),
    });
    assert.deepEqual([...(results["sum/exit"]!.data as Float32Array)], [6, -12]);
    assert.deepEqual([...(results["i/exit"]!.data as Int32Array)], [4]);
    await session.release();
  }
});

test("two loops one behind the other, of which the second reads what the first made", async () => {
  const counting = (name: string, start: string, limit: string) => [
    ...frame(name, [{ name: `${name}/i`, start, next: `${name}/i/more` }], { [`${name}/n`]: limit }, `${name}/less`),
    { name: `${name}/less`, op: "Less", input: [`${name}/i/merge`, `${name}/n/enter`] },
    { name: `${name}/i/more`, op: "AddV2", input: [`${name}/i/body`, "step"] },
  ];
  const graph: TestGraph = {
    inputs: { n: { shape: [], dtype: "int32" } },
    constants: { zero: int(0), step: int(3), more: int(20) },
    nodes: [...counting("first", "zero", "n"), ...counting("second", "first/i/exit", "more")],
    outputs: ["first/i/exit", "second/i/exit"],
  };
  for (const n of [0, 5, 30]) await assertGraph(graph, { n: int(n) });
});

/** The nodes by which TensorFlow 1 writes a conditional around values, which the branches read as `NAME/VALUE:0` or `:1`. */
const switches = (name: string, condition: string, values: string[]) => [
  { name: `${name}/condition`, op: "Identity", input: [condition] },
  ...values.map((value) => ({ name: `${name}/${value}`, op: "Switch", input: [value, `${name}/condition`] })),
];

test("conditionals: several results, one within another, one behind another", async () => {
  const graph: TestGraph = {
    inputs: {
      p: { shape: [], dtype: "bool" },
      q: { shape: [], dtype: "bool" },
      x: { shape: [-1], dtype: "float32" },
      y: { shape: [-1], dtype: "float32" },
    },
    nodes: [
      ...switches("outer", "p", ["x", "y", "q"]),
      { name: "sum", op: "AddV2", input: ["outer/x:1", "outer/y:1"] },
      { name: "product", op: "Mul", input: ["outer/x", "outer/x"] },
      // Within the branch that is taken where p holds.
      { name: "inner/condition", op: "Identity", input: ["outer/q:1"] },
      { name: "inner/sum", op: "Switch", input: ["sum", "inner/condition"] },
      { name: "inner/y", op: "Switch", input: ["outer/y:1", "inner/condition"] },
      { name: "square", op: "Mul", input: ["inner/sum:1", "inner/sum:1"] },
      { name: "difference", op: "Sub", input: ["inner/sum", "inner/y"] },
      { name: "inner", op: "Merge", input: ["difference", "square"] },
      { name: "outer", op: "Merge", input: ["product", "inner"] },
      { name: "outer_1", op: "Merge", input: ["outer/y", "sum"] },
      ...switches("behind", "p", ["outer"]),
      { name: "twice", op: "AddV2", input: ["behind/outer:1", "behind/outer:1"] },
      { name: "once", op: "Identity", input: ["behind/outer"] },
      { name: "behind", op: "Merge", input: ["once", "twice"] },
    ],
    outputs: ["outer", "outer_1", "behind"],
  };
  for (const p of [0, 1]) {
    for (const q of [0, 1]) {
      await assertGraph(graph, {
        p: tf.scalar(p, "bool"),
        q: tf.scalar(q, "bool"),
        x: tf.tensor1d([1, 2]),
        y: tf.tensor1d([-3, 0.5]),
      });
    }
  }
  const operators = operatorsOf(graph);
  assert.equal(operators.filter((op) => op === "If").length, 2, `results of one conditional share an If: ${operators}`);
});

test("a conditional in a loop, and a loop in a conditional", async () => {
  const graph: TestGraph = {
    inputs: { p: { shape: [], dtype: "bool" }, n: { shape: [], dtype: "int32" }, x: { shape: [2], dtype: "float32" } },
    constants: { zero: int(0), one: int(1), two: int(2) },
    nodes: [
      ...switches("if", "p", ["x", "n"]),
      ...frame(
        "loop",
        [
          { name: "i", start: "zero", next: "i/more" },
          { name: "state", start: "if/x:1", next: "step" },
        ],
        { n: "if/n:1" },
        "less",
      ),
      { name: "less", op: "Less", input: ["i/merge", "n/enter"] },
      { name: "i/more", op: "AddV2", input: ["i/body", "one"] },
      { name: "early", op: "Less", input: ["i/body", "two"] },
      { name: "step/state", op: "Switch", input: ["state/body", "early"] },
      { name: "sum", op: "AddV2", input: ["step/state:1", "step/state:1"] },
      { name: "square", op: "Mul", input: ["step/state", "step/state"] },
      { name: "step", op: "Merge", input: ["square", "sum"] },
      { name: "other", op: "Sub", input: ["if/x", "if/x"] },
      { name: "if", op: "Merge", input: ["other", "state/exit"] },
    ],
    outputs: ["if"],
  };
  for (const p of [0, 1]) {
    for (const n of [0, 1, 4]) {
      await assertGraph(graph, { p: tf.scalar(p, "bool"), n: int(n), x: tf.tensor1d([0.5, -1]) });
    }
  }
});

test("a Merge with a tensor that waits for no condition hands that on, and says so", async () => {
  const graph: TestGraph = {
    inputs: { p: { shape: [], dtype: "bool" }, x: { shape: [2], dtype: "float32" } },
    constants: { other: tf.tensor1d([7, 8]) },
    nodes: [
      { name: "switch", op: "Switch", input: ["x", "p"] },
      { name: "sum", op: "AddV2", input: ["switch:1", "switch:1"] },
      { name: "y", op: "Merge", input: ["other", "sum"] },
      { name: "z", op: "AddV2", input: ["y", "y"] },
    ],
    outputs: ["z"],
  };
  for (const p of [0, 1]) await assertGraph(graph, { p: tf.scalar(p, "bool"), x: tf.tensor1d([1, 2]) });
  const { warnings } = readGraphModel(graphArtifacts(graph), { opset: 17 });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /"y" \(Merge\)/);
});

test("a branch's tensor without a Merge is the tensor itself", async () => {
  const graph: TestGraph = {
    inputs: { p: { shape: [], dtype: "bool" }, x: { shape: [2], dtype: "float32" } },
    nodes: [
      { name: "switch", op: "Switch", input: ["x", "p"] },
      { name: "sum", op: "AddV2", input: ["switch:1", "switch:1"] },
    ],
    outputs: ["sum"],
  };
  await assertGraph(graph, { p: tf.scalar(1, "bool"), x: tf.tensor1d([1, 2]) });
});

test("loops of another build are refused with a reason", () => {
  const read = (nodes: TestGraph["nodes"], outputs: string[]) => () =>
    readGraphModel(
      graphArtifacts({
        inputs: { n: { shape: [], dtype: "int32" } },
        constants: { zero: int(0), one: int(1) },
        nodes,
        outputs,
      }),
      { opset: 17 },
    );
  const enter = { name: "enter", op: "Enter", input: ["n"], attr: { frame_name: attr.string("loop") } };
  const refused = { code: "CONVERT_UNSUPPORTED" };
  assert.throws(read([enter, { name: "y", op: "Exit", input: ["enter"] }], ["y"]), {
    ...refused,
    message: /0 conditions/,
  });
  assert.throws(read([{ name: "y", op: "NextIteration", input: ["n"] }], ["y"]), {
    ...refused,
    message: /belongs to no loop/,
  });
  const loop = frame("loop", [{ name: "i", start: "zero", next: "more" }], { n: "n" }, "less");
  const rest = [
    { name: "less", op: "Less", input: ["i/merge", "n/enter"] },
    { name: "more", op: "AddV2", input: ["i/body", "one"] },
  ];
  assert.throws(read([...loop, ...rest, { name: "y", op: "Exit", input: ["more"] }], ["y"]), {
    ...refused,
    message: /"loop".*"y"/,
  });
  const unneeded = read([...loop, ...rest, { name: "odd", op: "Exit", input: ["more"] }], ["i/exit"]);
  assert.doesNotThrow(unneeded, "what no output needs is not looked at");
  const circle = [
    { name: "a", op: "Merge", input: ["b", "n"] },
    { name: "b", op: "Merge", input: ["a", "n"] },
  ];
  assert.throws(read(circle, ["a"]), { code: "CONVERT_INVALID_MODEL", message: /makes itself/ });
});
