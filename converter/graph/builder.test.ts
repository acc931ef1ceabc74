import assert from "node:assert/strict";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { optimize } from "../passes/index.js";
import { writeOnnx } from "../write/onnx.js";
import { GraphBuilder } from "./builder.js";
import { checkGraph } from "./check.js";
import { scalar } from "./tensor.js";

test("bodies read the graph around them, share names and constants, and run", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", [2]);
  const condition = b.input("condition", "bool", []);
  const step = b.constant(scalar(10), "step");
  const doubled = b.add("Add", [x, x]);
  const grown = b.body("grown", (inner) => [inner.add("Add", [doubled, step])]);
  const same = b.body("same", () => [doubled]);
  const [y] = b.addWithBodies("If", [condition], { then_branch: grown, else_branch: same }, [doubled]);
  const count = b.constant(scalar(3, "int64"), "count");
  const loop = b.body("loop", (inner) => {
    inner.input("iteration", "int64", []);
    const going = inner.input("going", "bool", []);
    const state = inner.input("state", "float32", [2]);
    return [going, inner.add("Mul", [inner.add("Add", [state, step]), x])];
  });
  const [z] = b.addWithBodies("Loop", [count, undefined, y], { body: loop }, [x]);
  const graph = b.finish("bodies", [{ name: "z", value: z! }], { doc: undefined, metadata: {} });
  checkGraph(graph);
  for (const built of [graph, optimize(graph)]) {
    const session = await ort.InferenceSession.create(writeOnnx(built), { logSeverityLevel: 3 });
    for (const [flag, start] of [
      [1, [12, 14]],
      [0, [2, 4]],
    ] as const) {
      const results = await session.run({
        x: new ort.Tensor("float32", [1, 2], [2]),
        condition: new ort.Tensor("bool", [flag === 1], []),
      });
      let expected: number[] = [...start];
      for (let i = 0; i < 3; i++) expected = expected.map((value, at) => (value + 10) * [1, 2][at]!);
      assert.deepEqual([...(results.z!.data as Float32Array)], expected);
    }
    await session.release();
  }
});

test("extents that are known at run time alone are symbols of their own, also below one name", () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N"]);
  const [first, second] = [1, 2].map(() => b.within("node", () => b.add("NonZero", [x]).shape[1]));
  assert.notEqual(first, second);
});
