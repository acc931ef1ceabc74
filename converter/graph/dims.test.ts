import assert from "node:assert/strict";
import { test } from "node:test";
import { broadcast, ceilDivide, difference, floorDivide, plus, product, quotient, sum, times } from "./dims.js";

test("extents that are known are computed, the others written out", () => {
  assert.equal(plus(3, 4), 7);
  assert.equal(plus(plus("H", 2), -2), "H");
  assert.equal(plus(plus("H", 2), -3), "H - 1");
  assert.equal(plus(floorDivide(plus("H", -3), 2), 1), "floor((H - 3) / 2) + 1");
  assert.equal(ceilDivide(ceilDivide("H", 2), 2), "ceil(ceil(H / 2) / 2)");
  assert.equal(times(plus("H", 1), 2), "2 * (H + 1)");
  assert.equal(sum([3, "T", 4]), "T + 7");
  assert.equal(product(["N", 3, 4]), "12 * N");
  assert.equal(product(["N", 0]), 0);
});

test("symbols cancel", () => {
  assert.equal(quotient(["N", 7, 7, 512], ["N", 512]), 49);
  assert.equal(quotient(["N", "T", 4], ["N", 4]), "T");
  assert.equal(quotient(["N", 4], ["T"]), undefined);
  assert.equal(quotient(["N", 5], ["N", 2]), undefined);
});

test("the difference of extents is told where they share a symbol", () => {
  assert.equal(difference(7, 4), 3);
  assert.equal(difference(plus("H", 2), plus("H", -1)), 3);
  assert.equal(difference(times("H", 2), plus(times("H", 2), 1)), -1);
  assert.equal(difference("H", "W"), undefined);
  assert.equal(difference("H", 1), undefined);
});

test("shapes broadcast as numpy's do", () => {
  assert.deepEqual(broadcast([["N", 3, 1], [4]]), ["N", 3, 4]);
  assert.deepEqual(
    broadcast([
      ["N", "T"],
      ["N", 5],
    ]),
    ["N", 5],
  );
  assert.equal(broadcast([[3], [4]]), undefined);
});
