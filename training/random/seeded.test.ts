import assert from "node:assert/strict";
import { test } from "node:test";
import { dropoutMask, permutation, uniform } from "./seeded.js";

test("numbers are even over [0, 1) and differ by seed and name", () => {
  const draw = (seed: number, name: string) => {
    const random = uniform(seed, name);
    return Array.from({ length: 20000 }, random);
  };
  const numbers = draw(1, "a");
  assert.deepEqual(numbers, draw(1, "a"));
  assert.notEqual(numbers[0], draw(2, "a")[0]);
  assert.notEqual(numbers[0], draw(1, "b")[0]);
  const bins = new Array(10).fill(0);
  for (const number of numbers) bins[Math.floor(number * 10)]++;
  // Chi-square of 9 degrees of freedom: 27.9 is passed once in a thousand.
  const chi = bins.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0);
  assert.ok(chi < 27.9, `${chi}`);
});

test("a permutation holds each number once", () => {
  assert.deepEqual(
    Array.from(permutation(100, 4, "x")).sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

test("dropout drops its share and keeps the mean", () => {
  const mask = dropoutMask(100001, 0.3, 1, "site", 7);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  assert.ok(Math.abs(dropped - 0.3) < 0.01, `${dropped}`);
  assert.ok(Math.abs(mask.reduce((sum, value) => sum + value, 0) / mask.length - 1) < 0.01);
});
