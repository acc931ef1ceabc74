import assert from "node:assert/strict";
import { test } from "node:test";
import { slope } from "./trend.js";

test("the slope of what grows, of what is flat, and of either with outliers", () => {
  const points = (value: (at: number) => number) => Array.from({ length: 20 }, (_, at) => ({ at, value: value(at) }));
  assert.equal(slope(points((at) => 100 + 3 * at)), 3);
  assert.equal(slope(points(() => 100)), 0);
  assert.equal(slope(points((at) => (at % 7 === 3 ? 900 : 100 + 3 * at))), 3);
  assert.equal(slope(points((at) => (at === 19 ? 900 : 100))), 0);
  assert.equal(slope([]), 0);
});
