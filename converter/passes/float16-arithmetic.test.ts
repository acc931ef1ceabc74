import assert from "node:assert/strict";
import { test } from "node:test";
import { noise } from "../../test/conversion.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { float32, int64, scalar, sizeOf } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { compareOutputs } from "../quantize/compare.js";
import { readOnnx } from "../read/onnx.js";
import { runGraph } from "../verify/session.js";
import { writeOnnx } from "../write/onnx.js";
import { toFloat16Arithmetic } from "./float16-arithmetic.js";

const draw = (seed: number, shape: number[], deviation = 1) => {
  const next = noise(seed);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => next() * deviation),
    shape,
  );
};

function finish(b: GraphBuilder, outputs: Record<string, Value>): Graph {
  const list = Object.entries(outputs).map(([name, value]) => ({ name, value }));
  return b.finish("graph", list, { doc: undefined, metadata: {} });
}

const dtypeOf = (graph: Graph, op: string) =>
  graph.nodes.filter((node) => node.op === op).map((node) => graph.types.get(node.outputs[0]!)!.dtype);

/** Pixels through a convolution, an attention with Softmax, a normalisation, a table and a state. */
function small(): Graph {
  const b = new GraphBuilder(17);
  const image = b.input("image", "uint8", ["N", 6, 6, 3]);
  const state = b.input("state", "float32", ["N", 4]);
  const token = b.input("token", "int64", ["N"]);
  const pixels = b.add("Transpose", [b.add("Cast", [image], { to: 1 })], { perm: [0, 3, 1, 2] });
  const scaled = b.add("Mul", [pixels, b.constant(scalar(1 / 127.5))]);
  const conv = b.add("Relu", [
    b.add("Conv", [scaled, b.constant(draw(1, [4, 3, 3, 3], 0.3)), b.constant(draw(2, [4]))]),
  ]);
  const flat = b.add("Reshape", [conv, b.constant(int64([0, 4, 16]))]); // [N, 4, 16]
  const normed = b.add("LayerNormalization", [flat, b.constant(draw(3, [16]))], { axis: -1 });
  const weights = b.add("Softmax", [b.add("MatMul", [normed, b.constant(draw(4, [16, 4], 0.3))])], { axis: -1 });
  const looked = b.add("MatMul", [weights, normed]); // [N, 4, 16]
  const mean = b.add("ReduceMean", [looked], { axes: [2], keepdims: 0 }); // [N, 4]
  const word = b.add("Gather", [b.constant(draw(5, [9, 4])), token], { axis: 0 });
  const next = b.add("Tanh", [b.add("Add", [b.add("Add", [mean, word]), state])]);
  const graph = finish(b, { weights, next, far: b.add("Mul", [next, b.constant(scalar(1e6))]) });
  graph.kept.add(conv.name);
  return graph;
}

const samples = Array.from({ length: 4 }, (_, i) => ({
  image: {
    dtype: "uint8",
    shape: [2, 6, 6, 3],
    data: Uint8Array.from({ length: 216 }, (_, k) => (k * 37 + i * 11) % 256),
  },
  state: { dtype: "float32", shape: [2, 4], data: draw(20 + i, [2, 4]).data as Float32Array },
  token: { dtype: "int64", shape: [2], data: BigInt64Array.of(BigInt(i), 8n) },
}));

test("products, sums and moves run in float16; what needs range, inputs, outputs and kept tensors stay as they are", async () => {
  const exact = small();
  const before = Buffer.from(writeOnnx(exact));
  const half = toFloat16Arithmetic(exact);
  assert.deepEqual(Buffer.from(writeOnnx(exact)), before, "the graph given is not touched");
  assert.deepEqual([half.inputs, half.outputs, half.kept], [exact.inputs, exact.outputs, exact.kept]);
  const types = (op: string) => [...new Set(dtypeOf(half, op))];
  for (const op of ["Conv", "Relu", "MatMul", "Gather", "Add", "Tanh", "Transpose", "Reshape"]) {
    assert.deepEqual(types(op), ["float16"], op);
  }
  for (const op of ["LayerNormalization", "Softmax", "ReduceMean"]) assert.deepEqual(types(op), ["float32"], op);
  // Beyond the range of halves: that product alone stays.
  assert.deepEqual(dtypeOf(half, "Mul"), ["float16", "float32"]);
  assert.equal(half.types.get([...half.kept][0]!)!.dtype, "float32");
  const stored = [...half.initializers.values()].filter(({ dtype, data }) => dtype === "float32" && data.length > 16);
  assert.deepEqual(stored, [], "no large weights in float32 are left");
  // No tensor goes to float16 and back for nothing.
  const casts = half.nodes.filter(({ op }) => op === "Cast");
  const makers = new Map(half.nodes.map((node) => [node.outputs[0]!, node]));
  for (const { inputs } of casts) assert.notEqual(makers.get(inputs[0]!)?.op, "Cast", inputs[0]);
  assert.equal(new Set(casts.map(({ inputs, attributes }) => JSON.stringify([inputs, attributes]))).size, casts.length);

  const again = readOnnx(writeOnnx(half));
  for (const { output, maxRelative } of await compareOutputs(exact, again, { run: runGraph, samples })) {
    assert.ok(maxRelative < 5e-3 && maxRelative > 0, `${output}: ${maxRelative}`);
  }
});

test("bodies of branches stay in float32, and read float32", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 3]);
  const first = b.add("MatMul", [x, b.constant(draw(7, [3, 3]))]);
  const condition = b.input("condition", "bool", []);
  const body = (name: string, op: string) => b.body(name, (inner) => [inner.add(op, [first])]);
  const [y] = b.addWithBodies("If", [condition], { then_branch: body("yes", "Tanh"), else_branch: body("no", "Exp") }, [
    first,
  ]);
  const exact = finish(b, { y: b.add("Mul", [y!, first]) });
  const half = toFloat16Arithmetic(exact);
  assert.deepEqual([dtypeOf(half, "MatMul"), dtypeOf(half, "Mul")], [["float16"], ["float16"]]);
  const given = { x: { dtype: "float32", shape: [2, 3], data: draw(8, [2, 3]).data as Float32Array } };
  const both = [1, 0].map((yes) => ({ ...given, condition: { dtype: "bool", shape: [], data: Uint8Array.of(yes) } }));
  const [difference] = await compareOutputs(exact, half, { run: runGraph, samples: both });
  assert.ok(difference!.maxRelative < 5e-3, `${difference!.maxRelative}`);
});
