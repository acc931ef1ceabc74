import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float32 } from "../graph/tensor.js";
import { quantizeBias } from "./parameters.js";
import { leastScales, roundingShift, storeWeights } from "./weights.js";

const number = fc.float({ min: -1000, max: 1000, noNaN: true });
const extent = fc.integer({ min: 1, max: 4 });

test("a weight is off by half its channel's step at most, on either axis", () => {
  fc.assert(
    fc.property(extent, extent, extent, fc.constantFrom(0, 1), fc.infiniteStream(number), (a, b, c, axis, stream) => {
      const shape = axis === 0 ? [a, b, c] : [a, b];
      const size = shape.reduce((x, y) => x * y, 1);
      const weights = float32([...stream.take(size)], shape);
      const { stored, scales } = storeWeights(weights, axis);
      assert.equal(scales.length, shape[axis]);
      for (const [i, value] of (weights.data as Float32Array).entries()) {
        const scale = scales[axis === 0 ? Math.floor(i / (b * c)) : i % b]!;
        assert.ok(
          Math.abs(stored.data[i]! * scale - value) <= scale * 0.5001,
          `${value} as ${stored.data[i]} x ${scale}`,
        );
        assert.ok(Math.abs(stored.data[i]!) <= 127);
      }
    }),
  );
});

test("bounded neighbours: no two that are summed together overflow 16 bits, and no step is worse than with 7 bits", () => {
  fc.assert(
    fc.property(extent, extent, extent, fc.infiniteStream(number), (outputs, inputs, area, stream) => {
      const weights = float32([...stream.take(outputs * inputs * area)], [outputs, inputs, area]);
      const { stored, scales } = storeWeights(weights, 0, { pairs: true });
      const at = (output: number, k: number) => (output * inputs + (k % inputs)) * area + Math.floor(k / inputs);
      const values = weights.data as Float32Array;
      for (let output = 0; output < outputs; output++) {
        const row = Array.from({ length: inputs * area }, (_, k) => at(output, k));
        for (let k = 0; k + 1 < row.length; k += 2) {
          assert.ok(Math.abs(255 * (stored.data[row[k]!]! + stored.data[row[k + 1]!]!)) <= 32767);
        }
        const step = Math.max(...row.map((i) => Math.abs(values[i]!))) / 64;
        const off = row.reduce((sum, i) => sum + (stored.data[i]! * scales[output]! - values[i]!) ** 2, 0);
        const simple = row.reduce((sum, i) => sum + (Math.round(values[i]! / (step || 1)) * step - values[i]!) ** 2, 0);
        assert.ok(off <= simple * 1.001 + 1e-9, `${off}, with 7 bits ${simple}`);
      }
    }),
  );
});

test("a bias that is large beside its weights makes their step larger instead of overflowing", () => {
  const weights = float32([1e-9, 1], [2, 1]);
  const bias = float32([1000, 1000]);
  const { scales } = storeWeights(weights, 0, { least: leastScales(bias, 0.01) });
  const steps = scales.map((scale) => scale * 0.01);
  const { data } = quantizeBias(bias, steps);
  for (const i of [0, 1]) assert.ok(Math.abs(data[i]! * steps[i]! - 1000) < 1e-3);
  assert.ok(Math.abs(scales[1]! - 1 / 127) < 1e-9, "the other channel keeps its own");
});

test("the shift is the mean of what rounding takes away, also where filters see a group of the channels", () => {
  // Two groups of two channels, two filters each: filter f sees the channels of group f / 2.
  const weights = float32([0.31, -0.72, 0.11, 0.93, -0.42, 0.27, 0.63, 0.08], [4, 2, 1, 1]);
  const own = storeWeights(weights, 0);
  const means = [1, 2, 3, 4];
  const shift = roundingShift(weights, own, 0, means);
  const values = weights.data as Float32Array;
  for (const filter of [0, 1, 2, 3]) {
    const expected = [0, 1].reduce((sum, i) => {
      const error = values[2 * filter + i]! - own.stored.data[2 * filter + i]! * own.scales[filter]!;
      return sum + error * means[2 * Math.floor(filter / 2) + i]!;
    }, 0);
    assert.ok(Math.abs(shift[filter]! - expected) < 1e-12);
  }
  // The same numbers as [in, out] of a dense layer.
  const dense = float32([0.31, 0.11, -0.72, 0.93], [2, 2]);
  assert.deepEqual([...roundingShift(dense, storeWeights(dense, 1), 1, means.slice(0, 2))], [...shift.subarray(0, 2)]);
});
