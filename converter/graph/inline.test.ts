import assert from "node:assert/strict";
import { test } from "node:test";
import { runGraph } from "../verify/session.js";
import { GraphBuilder } from "./builder.js";
import { checkGraph } from "./check.js";
import { inline } from "./inline.js";
import { float32, scalar } from "./tensor.js";
import type { Graph } from "./types.js";

/** x [N, 2] and flag -> y = flag ? 3 x : -x, the branches of an If reading x and a constant from outside. */
function choice(): Graph {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 2]);
  const flag = b.input("flag", "bool", []);
  const three = b.constant(scalar(3), "three");
  const branches = {
    then_branch: b.body("then", (inner) => [inner.add("Mul", [x, three])]),
    else_branch: b.body("else", (inner) => [inner.add("Neg", [x])]),
  };
  const [y] = b.addWithBodies("If", [flag], branches, [{ dtype: "float32", shape: ["N", 2] }]);
  return b.finish("choice", [{ name: "y", value: y! }], { metadata: {} });
}

test("a graph written twice into another one, bodies and constants with it", async () => {
  const b = new GraphBuilder(17);
  const x = b.input("x", "float32", ["N", 2]);
  const [yes, no] = [true, false].map((value) =>
    b.constant({ dtype: "bool", shape: [], data: Uint8Array.of(value ? 1 : 0) }),
  );
  const { y: first } = inline(b, choice(), { x, flag: no! }, "first");
  const { y: second } = inline(b, choice(), { x: first!, flag: yes! }, "second");
  const sum = b.add("Add", [second!, b.constant(float32([1, 1]), "ones")]);
  const graph = b.finish("both", [{ name: "y", value: sum }], { metadata: {} });
  checkGraph(graph);
  assert.deepEqual(
    graph.nodes.map(({ op }) => op),
    ["If", "If", "Add"],
  );
  const outputs = await runGraph(graph, (run) => run({ x: { dtype: "float32", shape: [1, 2], data: [1, -2] } }));
  assert.deepEqual([...(outputs.y!.data as Float32Array)], [-2, 7]);
});
