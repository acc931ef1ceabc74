import assert from "node:assert/strict";
import { test } from "node:test";
import { graphArtifacts } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

test("decision forests are refused with the reason", () => {
  for (const op of [
    "SimpleMLCreateModelResource",
    "SimpleMLLoadModelFromPathWithHandle",
    "SimpleMLInferenceOpWithHandle",
  ]) {
    const graph = {
      inputs: { x: { shape: [2], dtype: "float32" as const } },
      nodes: [{ name: "forest", op, input: ["x"] }],
      outputs: ["forest"],
    };
    assert.throws(() => readGraphModel(graphArtifacts(graph), { opset: 17 }), {
      code: "CONVERT_UNSUPPORTED",
      message: /Node "forest".*decision forests/,
    });
  }
});
