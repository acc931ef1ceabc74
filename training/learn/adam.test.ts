import assert from "node:assert/strict";
import { test } from "node:test";
import { adamDefaults, adamStep, globalNorm, startAdam } from "./adam.js";

const plain = { ...adamDefaults, clipNorm: Number.POSITIVE_INFINITY, averageDecay: 0 };

test("follows algorithm 1 of the paper, written with bias-corrected moments in double precision", () => {
  const gradients = [0.3, -1.2, 0.01, 4, -0.5];
  const state = startAdam({ w: Float32Array.of(0.7) });
  let [value, m, v] = [0.7, 0, 0];
  gradients.forEach((g, i) => {
    adamStep(state, { w: Float32Array.of(g) }, 0.01, plain);
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    value -= (0.01 * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.999 ** (i + 1))) + 1e-8);
    assert.ok(Math.abs(state.values.w[0] - value) < 1e-6, `step ${i + 1}: ${state.values.w[0]} ${value}`);
  });
});

test("clips all gradients together and reports their norm before", () => {
  const gradients = { a: Float32Array.of(3, 0), b: Float32Array.of(4) };
  assert.equal(globalNorm(gradients), 5);
  const clipped = startAdam({ a: new Float32Array(2), b: new Float32Array(1) });
  assert.equal(adamStep(clipped, gradients, 0.1, { ...plain, clipNorm: 1 }), 5);
  assert.ok(Math.abs(clipped.mean.a[0] - 0.1 * 0.6) < 1e-7);
  assert.ok(Math.abs(clipped.mean.b[0] - 0.1 * 0.8) < 1e-7);
});

test("the average follows the values and comes to rest on them", () => {
  const state = startAdam({ w: Float32Array.of(1) });
  for (let i = 0; i < 200; i++) adamStep(state, { w: Float32Array.of(1) }, 0.01, { ...plain, averageDecay: 0.9 });
  const lag = state.average.w[0] - state.values.w[0];
  assert.ok(Math.abs(lag - 0.09) < 0.005, `${lag}`);
  for (let i = 0; i < 2000; i++) adamStep(state, { w: Float32Array.of(0) }, 0, { ...plain, averageDecay: 0.9 });
  assert.ok(Math.abs(state.average.w[0] - state.values.w[0]) < 1e-6);
});
