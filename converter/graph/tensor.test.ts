import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { float16ToFloat32, float32ToFloat16 } from "./float16.js";
import { float32, sizeOf, stridesOf, transposed } from "./tensor.js";

test("transposed moves every element to its place", () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 });
  const cases = shapes.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.shuffledSubarray(
        shape.map((_, i) => i),
        { minLength: shape.length },
      ),
    ),
  );
  fc.assert(
    fc.property(cases, ([shape, order]) => {
      const source = float32(
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => i),
        shape,
      );
      const result = transposed(source, order);
      assert.deepEqual(
        result.shape,
        order.map((axis) => shape[axis]),
      );
      const [from, to] = [stridesOf(shape), stridesOf(result.shape)];
      for (let i = 0; i < sizeOf(shape); i++) {
        const index = result.shape.map((extent, axis) => Math.floor(i / to[axis]!) % extent);
        const at = index.reduce((total, place, axis) => total + place * from[order[axis]!]!, 0);
        assert.equal((result.data as Float32Array)[i], at);
      }
    }),
  );
});

test("every half float survives widening and narrowing", () => {
  const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = float32ToFloat16(float16ToFloat32(halves));
  for (let i = 0; i < 65536; i++) {
    const noNumber = (half: number) => (half & 0x7c00) === 0x7c00 && (half & 0x3ff) !== 0;
    if (noNumber(i)) assert.ok(noNumber(back[i]!));
    else assert.equal(back[i], i);
  }
});

test("narrowing takes the nearest half, and of two equally near the even one", () => {
  fc.assert(
    fc.property(fc.oneof(fc.float({ noNaN: true }), fc.float({ min: -70000, max: 70000, noNaN: true })), (value) => {
      const half = float32ToFloat16(Float32Array.of(value))[0]!;
      const magnitude = half & 0x7fff;
      if (Math.abs(value) >= 65520) return assert.equal(magnitude, 0x7c00);
      const around = float16ToFloat32(Uint16Array.of(Math.max(0, magnitude - 1), magnitude, magnitude + 1));
      const [below, here, above] = [...around].map((near) => Math.abs(near - Math.abs(value))) as [
        number,
        number,
        number,
      ];
      assert.ok(here <= below && (here <= above || magnitude === 0x7bff));
      if (magnitude > 0 && here === below) assert.equal(magnitude & 1, 0);
      if (here === above) assert.equal(magnitude & 1, 0);
      return undefined;
    }),
    { numRuns: 2000 },
  );
});
