import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float32 } from "../graph/tensor.js";
import { affineOf, channelScales, leastScales, quantizeBias, quantizeWeights, roundingShift } from "./parameters.js";

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

test("a weight is off by half its channel's step at most, on either axis and with either number of bits", () => {
  const shape = fc.tuple(
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 3 }),
  );
  fc.assert(
    fc.property(
      shape,
      fc.constantFrom(0, 1),
      fc.constantFrom(7, 8),
      fc.infiniteStream(number),
      (dims, axis, bits, stream) => {
        const weights = float32([...stream.take(dims[0] * dims[1] * dims[2])], dims);
        const scales = channelScales(weights, axis, bits as 7);
        const { data } = quantizeWeights(weights, axis, scales, bits as 7);
        assert.equal(scales.length, dims[axis]);
        const inner = axis === 0 ? dims[1] * dims[2] : dims[2];
        for (const [i, value] of (weights.data as Float32Array).entries()) {
          const scale = scales[Math.floor(i / inner) % dims[axis]!]!;
          assert.ok(Math.abs(data[i]! * scale - value) <= scale * 0.5001, `${value} as ${data[i]} x ${scale}`);
          assert.ok(Math.abs(data[i]!) <= (bits === 7 ? 64 : 127));
        }
      },
    ),
  );
});

test("7-bit weights cannot overflow two 8-bit products summed in 16 bits, 8-bit weights can", () => {
  const stored = (bits: 7 | 8) =>
    quantizeWeights(float32([1, 1], [1, 2]), 0, channelScales(float32([1, 1], [1, 2]), 0, bits), bits);
  const sum = (bits: 7 | 8) => stored(bits).data.reduce((total, weight) => total + 255 * weight, 0);
  assert.deepEqual([sum(7), sum(8) > 32767], [255 * 128, true]);
  assert.ok(sum(7) <= 32767);
});

test("a bias that is large beside its weights makes their step larger instead of overflowing", () => {
  const weights = float32([1e-9, 1], [2, 1]);
  const bias = float32([1000, 1000]);
  const input = { scale: 0.01, zeroPoint: 0 };
  const scales = channelScales(weights, 0, 8, leastScales(bias, input));
  const steps = scales.map((scale) => scale * input.scale);
  const { data } = quantizeBias(bias, steps);
  for (const i of [0, 1]) assert.ok(Math.abs(data[i]! * steps[i]! - 1000) < 1e-3);
  assert.ok(Math.abs(scales[1]! - 1 / 127) < 1e-9, "the other channel keeps its own");
});

test("the shift is the mean of what rounding takes away, also where filters see a group of the channels", () => {
  // Two groups of two channels, two filters each: filter f sees the channels of group f / 2.
  const weights = float32([0.31, -0.72, 0.11, 0.93, -0.42, 0.27, 0.63, 0.08], [4, 2, 1, 1]);
  const scales = channelScales(weights, 0, 7);
  const stored = quantizeWeights(weights, 0, scales, 7).data;
  const means = Float64Array.from([1, 2, 3, 4]);
  const shift = roundingShift(weights, stored, scales, 0, means);
  const values = weights.data as Float32Array;
  for (const filter of [0, 1, 2, 3]) {
    const expected = [0, 1].reduce((sum, i) => {
      const error = values[2 * filter + i]! - stored[2 * filter + i]! * scales[filter]!;
      return sum + error * means[2 * Math.floor(filter / 2) + i]!;
    }, 0);
    assert.ok(Math.abs(shift[filter]! - expected) < 1e-12);
  }
  // The same numbers as [in, out] of a dense layer.
  const dense = float32([0.31, 0.11, -0.72, 0.93], [2, 2]);
  const steps = channelScales(dense, 1, 7);
  const columns = quantizeWeights(dense, 1, steps, 7).data;
  assert.deepEqual([...roundingShift(dense, columns, steps, 1, means.subarray(0, 2))], [...shift.subarray(0, 2)]);
});
