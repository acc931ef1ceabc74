import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float16ToFloat32, float32ToFloat16 } from "./float16.js";

const narrow = (value: number): number => float32ToFloat16(Float32Array.of(value))[0]!;
const widen = (bits: number): number => float16ToFloat32(Uint16Array.of(bits))[0]!;

test("all 65,536 half-precision values survive widening and narrowing", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);
  const back = float32ToFloat16(float16ToFloat32(all));
  for (let bits = 0; bits < 65536; bits++) {
    const isNaNBits = (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;
    if (isNaNBits) assert.ok(Number.isNaN(widen(back[bits]!)));
    else assert.equal(back[bits], bits);
  }
});

test("known values of the standard", () => {
  const known: [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [0.333251953125, 0x3555],
    [-0, 0x8000],
    [Number.POSITIVE_INFINITY, 0x7c00],
  ];
  for (const [value, bits] of known) {
    assert.equal(narrow(value), bits);
    assert.ok(Object.is(widen(bits), value));
  }
});

test("narrowing takes the nearest value, ties to even, and saturates", () => {
  // Neighbours by the table itself: no narrowing arithmetic is repeated here.
  fc.assert(
    fc.property(fc.float({ min: -65504, max: 65504, noNaN: true }), (value) => {
      const bits = narrow(value);
      const error = Math.abs(widen(bits) - value);
      for (const neighbour of [bits - 1, bits + 1]) {
        const other = widen(neighbour & 0xffff);
        if (!Number.isFinite(other) || Math.sign(other) * Math.sign(value) < 0) continue;
        const otherError = Math.abs(other - value);
        assert.ok(error < otherError || (error === otherError && (bits & 1) === 0), `${value} -> ${bits}`);
      }
    }),
    { numRuns: 5000 },
  );
  assert.equal(narrow(1 + 2 ** -11), 0x3c00); // half way: to even
  assert.equal(narrow(1 + 3 * 2 ** -11), 0x3c02);
  assert.equal(narrow(2 ** -25), 0); // half way between 0 and the smallest
  assert.equal(narrow(3 * 2 ** -25), 2);
  assert.equal(narrow(1e9), 0x7bff);
  assert.equal(narrow(-70000), 0xfbff);
});
