import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { clip } from "../emit/activation.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { checkGraph } from "../graph/check.js";
import { full, scalar } from "../graph/tensor.js";
import type { Graph } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";
import { optimize } from "./index.js";

const VALUES = Float32Array.from({ length: 41 }, (_, i) => (i - 20) / 2);

async function run(graph: Graph): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { graphOptimizationLevel: "disabled" });
  const { y } = await session.run({ x: new ort.Tensor("float32", VALUES, [VALUES.length]) });
  await session.release();
  return y!.data as Float32Array;
}

const STEPS: ((b: GraphBuilder, x: Value, bound: number) => Value)[] = [
  (b, x) => b.add("Relu", [x]),
  (b, x, bound) => b.add("Min", [x, b.constant(scalar(bound))]),
  (b, x, bound) => b.add("Max", [b.constant(full([1], bound)), x]),
  (b, x, bound) => clip(b, x, bound, undefined),
  (b, x, bound) => clip(b, x, undefined, bound),
  (b, x, bound) => clip(b, x, bound - 2, bound),
];

test("bounds in a row become one that gives the same", async () => {
  const step = fc.record({ kind: fc.nat({ max: STEPS.length - 1 }), bound: fc.integer({ min: -9, max: 9 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
      const b = new GraphBuilder(17);
      let x = b.input("x", "float32", [VALUES.length]);
      for (const { kind, bound } of steps) x = STEPS[kind]!(b, x, bound);
      const graph = b.finish("bounds", [{ name: "y", value: x }], { metadata: {} });
      const better = optimize(graph);
      checkGraph(better);
      assert.equal(better.nodes.length, 1);
      assert.deepEqual(await run(better), await run(graph));
    }),
    { numRuns: 60 },
  );
});

test("Relu, Min and Max are relu6; one that something else reads stays", () => {
  const b = new GraphBuilder(17);
  const relu = b.add("Relu", [b.input("x", "float32", ["N"])]);
  const min = b.add("Min", [relu, b.constant(scalar(6))]);
  const y = b.add("Max", [min, b.constant(scalar(0))]);
  const both = [
    { name: "y", value: y },
    { name: "z", value: min },
  ];
  const ops = (graph: Graph) => optimize(graph).nodes.map((node) => node.op);
  assert.deepEqual(ops(b.finish("two", both, { metadata: {} })), ["Clip", "Max"]);
});
