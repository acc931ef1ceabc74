import assert from "node:assert/strict";
import { test } from "node:test";
import { toOptions } from "./flags.js";

test("--fix names extents, keeps them, fixes them, or takes them all away", () => {
  const fix = ["image=1,224,?,C", "ratio=", "a=b=2"];
  const { inputs } = toOptions({ fix, optimize: true, engine: "cpu" });
  assert.deepEqual(inputs, { image: { shape: [1, 224, null, "C"] }, ratio: { shape: [] }, "a=b": { shape: [2] } });
});
