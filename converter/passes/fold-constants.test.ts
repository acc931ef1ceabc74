import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as ort from "onnxruntime-node";
import { cast } from "../emit/cast.js";
import { reshape, squeeze, unsqueeze } from "../emit/shape.js";
import { GraphBuilder, type Value } from "../graph/builder.js";
import { float32, int64, sizeOf } from "../graph/tensor.js";
import type { Graph, TensorData } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";
import { foldConstants } from "./fold-constants.js";
import { optimize } from "./index.js";

/** One node on constants [2, 3] and [3]. */
const NODES: Record<string, (b: GraphBuilder, x: Value, y: Value) => Value> = {
  Add: (b, x, y) => b.add("Add", [x, y]),
  Sub: (b, x, y) => b.add("Sub", [y, x]),
  Mul: (b, x, y) => b.add("Mul", [x, y]),
  Div: (b, x, y) => b.add("Div", [x, y]),
  Neg: (b, x) => b.add("Neg", [x]),
  Reciprocal: (b, x) => b.add("Reciprocal", [x]),
  Sqrt: (b, x) => b.add("Sqrt", [b.add("Mul", [x, x])]),
  Transpose: (b, x) => b.add("Transpose", [x], { perm: [1, 0] }),
  Reshape: (b, x) => reshape(b, x, [-1, 2]),
  Flatten: (b, x) => b.add("Flatten", [x], { axis: 0 }),
  Unsqueeze: (b, x) => squeeze(b, unsqueeze(b, x, [0, 2]), [0]),
  Concat: (b, x) => b.add("Concat", [x, b.add("Transpose", [reshape(b, x, [3, 2])], { perm: [1, 0] })], { axis: -1 }),
  Gather: (b, x) => b.add("Gather", [x, b.constant(int64([2, -1, 0]))], { axis: 1 }),
  Shape: (b, x) => b.add("Shape", [x]),
  Cast: (b, x) => cast(b, x, "int32"),
  Whole: (b, x) => b.add("Div", [cast(b, x, "int64"), b.constant(int64([2, -3, 4]))]),
};

async function run(graph: Graph): Promise<{ dims: readonly number[]; data: TensorData }> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { graphOptimizationLevel: "disabled" });
  const { output } = await session.run({ unused: new ort.Tensor("float32", [0], [1]) });
  await session.release();
  return { dims: output!.dims, data: output!.data as TensorData };
}

test("what is folded is what onnxruntime would compute", async () => {
  const values = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 9, maxLength: 9 });
  for (const [name, make] of Object.entries(NODES)) {
    await fc.assert(
      fc.asyncProperty(values, async (numbers) => {
        const b = new GraphBuilder(17);
        b.input("unused", "float32", [1]);
        const x = b.constant(float32(numbers.slice(0, 6), [2, 3]), "x");
        const made = make(b, x, b.constant(float32(numbers.slice(6)), "y"));
        const graph = b.finish("constants", [{ name: "output", value: b.add("Identity", [made]) }], { metadata: {} });
        const folded = { ...graph, initializers: new Map(graph.initializers), types: new Map(graph.types) };
        foldConstants(folded);
        assert.deepEqual(
          folded.nodes.map((node) => node.op),
          ["Identity"],
          name,
        );
        const [expected, actual] = [await run(graph), await run(folded)];
        assert.deepEqual(actual.dims, expected.dims, name);
        assert.deepEqual(actual.data, expected.data, name);
      }),
      { numRuns: 5 },
    );
  }
});

test("weights stored as halves are not unfolded", () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 2]);
  const stored = b.constant({ dtype: "float16", shape: [2], data: Uint16Array.of(0x3c00, 0x4000) });
  const y = b.add("Add", [x, cast(b, stored, "float32")]);
  const graph = optimize(b.finish("halves", [{ name: "y", value: y }], { metadata: {} }));
  assert.deepEqual(
    graph.nodes.map((node) => node.op),
    ["Cast", "Add"],
  );
  assert.equal(sizeOf([...graph.initializers.values()][0]!.shape), 2);
});
