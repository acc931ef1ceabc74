import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import fc from "fast-check";
import wabt from "wabt";
import { Adam, adamDefaults } from "./adam.js";
import { KERNEL_BASE64 } from "./kernel-bytes.js";

const plain = { ...adamDefaults, clipNorm: Number.POSITIVE_INFINITY, averageDecay: 0 };

test("follows algorithm 1 of the paper, written with bias-corrected moments in double precision", () => {
  const gradients = [0.3, -1.2, 0.01, 4, -0.5];
  const state = Adam.start({ w: Float32Array.of(0.7) });
  let [value, m, v] = [0.7, 0, 0];
  gradients.forEach((g, i) => {
    state.update({ w: Float32Array.of(g) }, 0.01, plain);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    value -= (0.01 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
    assert.ok(Math.abs(state.values.w[0] - value) < 1e-6, `step ${i + 1}: ${state.values.w[0]} ${value}`);
  });
});

test("clips all gradients together and reports their norm before", () => {
  const gradients = { a: Float32Array.of(3, 0), b: Float32Array.of(4) };
  const clipped = Adam.start({ a: new Float32Array(2), b: new Float32Array(1) });
  assert.equal(clipped.update(gradients, 0.1, { ...plain, clipNorm: 1 }), 5);
  assert.ok(Math.abs(clipped.mean.a[0] - 0.1 * 0.6) < 1e-7);
  assert.ok(Math.abs(clipped.mean.b[0] - 0.1 * 0.8) < 1e-7);
});

test("the average follows the values and comes to rest on them", () => {
  const state = Adam.start({ w: Float32Array.of(1) });
  for (let i = 0; i < 200; i++) state.update({ w: Float32Array.of(1) }, 0.01, { ...plain, averageDecay: 0.9 });
  const lag = state.average.w[0] - state.values.w[0];
  assert.ok(Math.abs(lag - 0.09) < 0.005, `${lag}`);
  for (let i = 0; i < 2000; i++) state.update({ w: Float32Array.of(0) }, 0, { ...plain, averageDecay: 0.9 });
  assert.ok(Math.abs(state.average.w[0] - state.values.w[0]) < 1e-6);
});

test("every length is updated as by the same formulas in double precision, and nothing beyond it", () => {
  const float = fc.float({ min: -4, max: 4, noNaN: true });
  const array = fc.array(float, { minLength: 1, maxLength: 11 });
  fc.assert(
    fc.property(array, array, array, fc.double({ min: 0.1, max: 10, noNaN: true }), (a, b, g, clipNorm) => {
      const gradient = (like: number[]) => Float32Array.from(like, (_, i) => g[i % g.length]);
      const adam = Adam.start({ a: Float32Array.from(a), b: Float32Array.from(b) });
      const gradients = { a: gradient(a), b: gradient(b) };
      const norm = adam.update(gradients, 0.01, { ...adamDefaults, clipNorm, averageDecay: 0.5 });
      const exact = Math.hypot(...gradients.a, ...gradients.b);
      assert.ok(Math.abs(norm - exact) <= 1e-6 * exact);
      const scale = Math.min(1, clipNorm / exact);
      for (const [name, start] of Object.entries({ a, b })) {
        start.forEach((value, i) => {
          const slope = gradients[name as "a" | "b"][i] * (exact > 0 ? scale : 1);
          const next = value - (0.01 * slope) / (Math.abs(slope) + 1e-8 / Math.sqrt(1 - 0.999));
          assert.ok(Math.abs(adam.values[name][i] - next) < 2e-6, `${adam.values[name][i]} ${next}`);
          const average = value + (10 / 11) * (adam.values[name][i] - value); // decay is step / (step + 10) at first
          assert.ok(Math.abs(adam.average[name][i] - average) < 1e-6);
        });
      }
    }),
  );
});

test("each parameter learns at its own rate, and one of rate 0 stays without a gradient", () => {
  const values = () => ({ a: Float32Array.of(1, 2), b: Float32Array.of(3), c: Float32Array.of(4) });
  const adam = Adam.start(values(), { b: 0, c: 0.5 });
  assert.equal(adam.update({ a: Float32Array.of(3, 0), c: Float32Array.of(4) }, 0.1, plain), 5);
  assert.ok(Math.abs(adam.values.a[0] - 0.9) < 1e-6);
  assert.deepEqual([adam.values.b[0], adam.average.b[0]], [3, 3]);
  assert.ok(Math.abs(adam.values.c[0] - 3.95) < 1e-6);
});

test("a state that was saved goes on as if it had not been", () => {
  const gradient = (step: number) => ({ w: Float32Array.from({ length: 7 }, (_, i) => Math.sin(step * 7 + i)) });
  const whole = Adam.start({ w: new Float32Array(7).fill(1) });
  for (let step = 0; step < 6; step++) whole.update(gradient(step), 0.01);
  const first = Adam.start({ w: new Float32Array(7).fill(1) });
  for (let step = 0; step < 3; step++) first.update(gradient(step), 0.01);
  const second = Adam.resume(first);
  for (let step = 3; step < 6; step++) second.update(gradient(step), 0.01);
  for (const part of ["values", "mean", "variance", "average"] as const) assert.deepEqual(second[part], whole[part]);
});

test("the kernel's bytes are those of kernel.wat", async () => {
  const source = new URL("../../../../training/learn/adam/kernel.wat", import.meta.url);
  const { parseWat } = await wabt();
  const { buffer } = parseWat("kernel.wat", await readFile(source, "utf8"), { simd: true }).toBinary({});
  assert.equal(Buffer.from(buffer).toString("base64"), KERNEL_BASE64, "run node scripts/kernel.mjs");
});
