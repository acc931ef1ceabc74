import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { splitByIds } from "./splits.js";

const ids = (count: number) => Array.from({ length: count }, (_, i) => `image-${i}.jpg`);
const count = (parts: Map<string, string>, part: string) => [...parts.values()].filter((p) => p === part).length;

test("about the wanted shares, the same for the same seed, others for another", () => {
  const parts = splitByIds(ids(10_000), 1, { val: 0.05, test: 0.1 });
  assert.ok(Math.abs(count(parts, "val") - 500) < 70);
  assert.ok(Math.abs(count(parts, "test") - 1000) < 100);
  assert.deepEqual(splitByIds(ids(10_000), 1, { val: 0.05, test: 0.1 }), parts);
  assert.notDeepEqual(splitByIds(ids(10_000), 2, { val: 0.05, test: 0.1 }), parts);
});

test("an image keeps its part when others are added or their order changes", () => {
  const before = splitByIds(ids(2000), 7, { val: 0.1, test: 0.1 });
  const after = splitByIds(ids(3000).reverse(), 7, { val: 0.1, test: 0.1 });
  for (const [id, part] of before) assert.equal(after.get(id), part);
});

test("a wanted part is never empty as long as one image stays for training", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.integer(), (size, seed) => {
      const parts = splitByIds(ids(size), seed, { val: 0.05, test: 0.05 });
      assert.equal(parts.size, size);
      for (const part of ["val", "test"]) assert.ok(count(parts, part) > 0 || count(parts, "train") <= 1);
    }),
  );
});

test("a share of nothing gives nothing", () => {
  assert.equal(count(splitByIds(ids(50), 1, { val: 0, test: 0 }), "train"), 50);
});
