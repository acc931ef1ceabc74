import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { affineOf } from "./parameters.js";

const number = fc.float({ min: -1000, max: 1000, noNaN: true });

test("bytes over a range: zero is exact, and what lies within is off by half a step at most", () => {
  fc.assert(
    fc.property(number, number, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const range = { low: Math.min(a, b), high: Math.max(a, b) };
      const { scale, zeroPoint } = affineOf(range);
      assert.ok(Number.isInteger(zeroPoint) && zeroPoint >= 0 && zeroPoint <= 255 && scale > 0);
      const value = range.low + share * (range.high - range.low);
      const stored = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
      // Where the range is cut short by the rounding of the zero point, half a step more is lost at its ends.
      if (Math.max(-range.low, range.high) > 1e-30)
        assert.ok(Math.abs(scale * (stored - zeroPoint) - value) <= scale * 1.001);
    }),
  );
  assert.deepEqual(affineOf({ low: 0, high: 0 }), { scale: 1, zeroPoint: 0 });
  assert.deepEqual(affineOf({ low: 0, high: 255 }), { scale: 1, zeroPoint: 0 });
  assert.deepEqual(affineOf({ low: -127, high: 128 }), { scale: 1, zeroPoint: 127 });
  assert.deepEqual(affineOf({ low: 3, high: 510 }), { scale: 2, zeroPoint: 0 }, "zero belongs to every range");
});
