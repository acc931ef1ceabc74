import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { reshape } from "../emit/shape.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { checkGraph } from "../graph/check.js";
import { float32, int64, scalar } from "../graph/tensor.js";
import { bodies, type Graph } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";
import { optimize } from "./index.js";

const finish = (b: GraphBuilder, outputs: Record<string, Value>) =>
  b.finish(
    "bodies",
    Object.entries(outputs).map(([name, value]) => ({ name, value })),
    { doc: undefined, metadata: {} },
  );

/** What onnxruntime makes of the graph before and after it is optimised, which must be the same. */
async function optimizedAlike(graph: Graph, feeds: Record<string, ort.Tensor>): Promise<Graph> {
  const optimized = optimize(graph);
  const results: Record<string, unknown>[] = [];
  for (const each of [graph, optimized]) {
    checkGraph(each);
    const session = await ort.InferenceSession.create(writeOnnx(each), { logSeverityLevel: 3 });
    const outputs = await session.run(feeds);
    results.push(Object.fromEntries(Object.entries(outputs).map(([name, { dims, data }]) => [name, { dims, data }])));
    await session.release();
  }
  assert.deepEqual(results[1], results[0]);
  return optimized;
}

const operators = (graph: Graph): string[] => graph.nodes.map((node) => node.op);

test("nested bodies are optimised like graphs: constants, identities, transposes", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [2, 3]);
  const flag = b.input("flag", "bool", []);
  const weights = b.constant(float32([1, 2, 3, 4, 5, 6], [2, 3]), "weights");
  const swap = (inner: GraphBuilder, value: Value) => inner.add("Transpose", [value], { perm: [1, 0] });
  const turned = (inner: GraphBuilder, value: Value) =>
    swap(inner, inner.add("Mul", [swap(inner, value), swap(inner, weights)]));
  const loop = b.body("body", (inner) => {
    inner.input("iteration", "int64", []);
    const going = inner.input("going", "bool", []);
    const state = inner.input("state", "float32", [2, 3]);
    const then = inner.body("then", (innermost) => [innermost.add("Identity", [turned(innermost, state)])]);
    const otherwise = inner.body("else", (innermost) => [
      innermost.add("Add", [
        reshape(innermost, reshape(innermost, turned(innermost, x), [6]), [2, 3]),
        innermost.add("Neg", [swap(innermost, swap(innermost, weights))]),
      ]),
    ]);
    const [next] = inner.addWithBodies("If", [flag], { then_branch: then, else_branch: otherwise }, [x]);
    return [inner.add("Identity", [going]), inner.add("Add", [next!, inner.add("Neg", [weights])])];
  });
  const [y] = b.addWithBodies("Loop", [b.constant(scalar(3, "int64")), undefined, x], { body: loop }, [x]);
  const graph = finish(b, { y: y!, z: b.add("Add", [x, b.add("Neg", [weights])]) });
  for (const value of [0, 1]) {
    const feeds = {
      x: new ort.Tensor("float32", [1, -1, 2, -2, 3, -3], [2, 3]),
      flag: new ort.Tensor("bool", [value === 1], []),
    };
    const optimized = await optimizedAlike(graph, feeds);
    const [inner] = optimized.nodes.flatMap(bodies);
    assert.deepEqual(operators(inner!).sort(), ["Add", "Identity", "If"]);
    const [then, otherwise] = inner!.nodes.flatMap(bodies);
    assert.deepEqual(operators(then!), ["Mul"]);
    assert.deepEqual(operators(otherwise!).sort(), ["Add", "Mul"]);
    assert.equal(optimized.initializers.size, 3, [...optimized.initializers.keys()].join());
  }
});

test("results and variables that serve nobody are left out", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [2]);
  const body = b.body("body", (inner) => {
    inner.input("iteration", "int64", []);
    const going = inner.input("going", "bool", []);
    const [used, helper, idle] = ["used", "helper", "idle"].map((name) => inner.input(name, "float32", [2]));
    const sum = inner.add("Add", [used!, helper!]);
    const flag = inner.body("then", (innermost) => [innermost.add("Mul", [sum, x]), innermost.add("Exp", [sum])]);
    const other = inner.body("else", (innermost) => [innermost.add("Sub", [sum, x]), innermost.add("Sin", [sum])]);
    const [branch] = inner.addWithBodies("If", [going], { then_branch: flag, else_branch: other }, [x, x]);
    return [
      inner.add("Identity", [going]),
      branch!,
      inner.add("Add", [helper!, x]),
      inner.add("Mul", [idle!, used!]),
      inner.add("Neg", [sum]),
      inner.add("Abs", [sum]),
    ];
  });
  const rows = { dtype: "float32" as const, shape: ["rows", 2] };
  const inputs = [b.constant(scalar(3, "int64")), undefined, x, x, b.add("Cos", [x])];
  const outputs = b.addWithBodies("Loop", inputs, { body }, [x, x, x, rows, rows]);
  const graph = finish(b, { y: outputs[0]!, z: outputs[4]! });
  const optimized = await optimizedAlike(graph, { x: new ort.Tensor("float32", [0.5, -2], [2]) });
  assert.deepEqual(operators(optimized), ["Loop"]);
  const [loop] = optimized.nodes;
  assert.deepEqual(loop!.outputs.length, 3);
  const [inner] = bodies(loop!);
  assert.deepEqual(operators(inner!).sort(), ["Abs", "Add", "Add", "Identity", "If"]);
  assert.deepEqual(inner!.nodes.flatMap(bodies).map(operators), [["Mul"], ["Sub"]]);
});

test("a constant that a pass remakes within a body leaves the one outside to its other readers", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [1, 2, 3, 2]);
  const condition = b.input("condition", "bool", []);
  const sizes = b.constant(int64([1, 2, 4, 6]), "sizes");
  const larger = (inner: GraphBuilder, image: Value) => inner.add("Resize", [image, undefined, undefined, sizes]);
  const turned = b.body("turned", (inner) => {
    const first = inner.add("Transpose", [x], { perm: [0, 3, 1, 2] });
    return [inner.add("Transpose", [larger(inner, first)], { perm: [0, 2, 3, 1] })];
  });
  const straight = b.body("straight", (inner) => {
    const first = inner.add("Reshape", [x, inner.constant(int64([1, 2, 2, 3]), "shape")]);
    const large = larger(inner, first);
    return [inner.add("Reshape", [large, inner.constant(int64([1, 4, 6, 2]), "back")])];
  });
  const type = { dtype: "float32" as const, shape: [1, 4, 6, 2] };
  const [y] = b.addWithBodies("If", [condition], { then_branch: turned, else_branch: straight }, [type]);
  const graph = finish(b, { y: y! });
  for (const flag of [true, false]) {
    const feeds = {
      x: new ort.Tensor(
        "float32",
        Float32Array.from({ length: 12 }, (_, i) => i),
        [1, 2, 3, 2],
      ),
      condition: new ort.Tensor("bool", [flag], []),
    };
    const optimized = await optimizedAlike(graph, feeds);
    const [then] = optimized.nodes.flatMap(bodies);
    assert.deepEqual(operators(then!), ["Resize"]);
  }
});
