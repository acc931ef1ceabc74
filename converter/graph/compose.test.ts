import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { compose, cut, optimize, readOnnx, writeOnnx } from "../index.js";
import { GraphBuilder } from "./builder.js";
import { checkGraph } from "./check.js";
import { float32, scalar } from "./tensor.js";
import type { Graph } from "./types.js";

/** x [N, 2] -> y = factor x + 1, by way of an inner tensor "inner". */
function affine(input: string, output: string, factor: number, keep?: string): Graph {
  const b = new GraphBuilder(17);
  const x = b.input(input, "float32", ["N", 2]);
  const inner = b.add("Mul", [x, b.constant(scalar(factor), "factor")]);
  inner.name = "inner";
  const y = b.add("Add", [inner, b.constant(float32([1, 1]), "ones")]);
  const kept = keep ? [{ name: keep, value: inner }] : [];
  return b.finish("affine", [{ name: output, value: y }], { metadata: {}, kept });
}

async function run(graph: Graph, feeds: Record<string, number[]>): Promise<Record<string, number[]>> {
  checkGraph(graph);
  const session = await ort.InferenceSession.create(writeOnnx(graph));
  const tensors = Object.entries(feeds).map(([name, values]) => [
    name,
    new ort.Tensor("float32", Float32Array.from(values), [values.length / 2, 2]),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(results).map(([name, tensor]) => [name, [...(tensor.data as Float32Array)]]),
  );
}

test("two graphs with the same names inside and outside", async () => {
  const graph = compose(affine("x", "y", 2), affine("x", "y", 3), { y: "x" });
  assert.deepEqual(await run(graph, { x: [1, 2] }), { y: [10, 16] });
  const both = () => compose(affine("x", "y", 2), affine("x", "y", 3), { y: "x" }, { keep: ["y"] });
  assert.throws(both, { code: "USAGE", message: /"y"/ });
});

test("the joined tensor takes the second graph's name for it and can be cut at", async () => {
  const graph = compose(affine("image", "features", 2), affine("seen", "features", 3), { features: "seen" });
  assert.deepEqual(
    graph.inputs.map((input) => input.name),
    ["image"],
  );
  assert.deepEqual(
    graph.outputs.map((output) => output.name),
    ["features"],
  );
  assert.deepEqual(await run(graph, { image: [1, 2] }), { features: [10, 16] });
  const again = optimize(readOnnx(writeOnnx(optimize(graph))));
  assert.deepEqual([...again.kept], ["seen"]);
  assert.deepEqual(await run(again, { image: [1, 2] }), { features: [10, 16] });
  assert.deepEqual(await run(cut(again, ["seen"]), { image: [1, 2] }), { seen: [3, 5] });
  assert.deepEqual(await run(cut(again, ["features", "seen"]), { image: [1, 2] }), {
    features: [10, 16],
    seen: [3, 5],
  });
});

test("outputs of the first can stay outputs, under their own names", async () => {
  const graph = compose(affine("a", "b", 2), affine("c", "d", 3), { b: "c" }, { keep: ["b"] });
  assert.deepEqual(await run(graph, { a: [1, 2] }), { b: [3, 5], d: [10, 16] });
});

test("kept tensors outlive optimisation, and a cut leaves nothing behind", async () => {
  const graph = optimize(affine("x", "y", 2, "middle"));
  assert.deepEqual([...graph.kept], ["middle"]);
  const part = cut(graph, ["middle"]);
  assert.equal(part.nodes.length, 1);
  assert.equal(part.initializers.size, 1);
  assert.deepEqual(await run(part, { x: [1, 2] }), { middle: [2, 4] });
});

test("graphs that do not fit are refused", () => {
  const [a, b] = [affine("x", "y", 2), affine("x", "z", 2)];
  assert.throws(() => compose(a, b, { nothing: "x" }), {
    code: "CONVERT_INVALID_MODEL",
    message: /no output "nothing"/,
  });
  assert.throws(() => compose(a, b, { y: "nothing" }), {
    code: "CONVERT_INVALID_MODEL",
    message: /no input "nothing"/,
  });
  const other = { ...b, inputs: [{ name: "x", dtype: "float32" as const, shape: ["N", 3] }] };
  assert.throws(() => compose(a, other, { y: "x" }), { code: "CONVERT_INVALID_MODEL", message: /differ/ });
  assert.throws(() => compose(a, { ...b, opset: 18 }, { y: "x" }), { code: "CONVERT_INVALID_MODEL", message: /opset/ });
  assert.throws(() => cut(a, ["nothing"]), { code: "CONVERT_INVALID_MODEL", message: /"nothing"/ });
});

test("names inside the bodies of control flow follow", async () => {
  const branch = (op: string): Graph => {
    const b = new GraphBuilder(17);
    const x = b.input("inner", "float32", ["N", 2]);
    const y = b.add(op, [x]);
    const body = b.finish("branch", [{ name: "result", value: y }], { metadata: {} });
    return { ...body, inputs: [] };
  };
  const base = affine("x", "y", 2);
  const node = {
    name: "choose",
    op: "If",
    domain: "",
    inputs: ["flag"],
    outputs: ["z"],
    attributes: {
      then_branch: { type: "graph" as const, value: branch("Neg") },
      else_branch: { type: "graph" as const, value: branch("Abs") },
    },
  };
  const chosen: Graph = {
    ...base,
    nodes: [...base.nodes, node],
    outputs: [...base.outputs, { name: "z", dtype: "float32", shape: ["N", 2] }],
    initializers: new Map(base.initializers).set("flag", { dtype: "bool", shape: [], data: Uint8Array.of(1) }),
  };
  const graph = optimize(readOnnx(writeOnnx(compose(affine("inner", "ones", 3), chosen, { ones: "x" }))));
  assert.deepEqual(await run(graph, { inner: [1, 2] }), { y: [9, 15], z: [-8, -14] });
});
