import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PairTable } from "./pair-table.js";

const number = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));

test("pairs are numbered in the order of first sight, as a plain Map would", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(number, number), { maxLength: 200 }), (pairs) => {
      const table = new PairTable();
      const expected = new Map<string, number>();
      for (const [first, second] of pairs) {
        const key = `${first} ${second}`;
        assert.equal(table.find(first, second), expected.get(key) ?? 0);
        if (!expected.has(key)) expected.set(key, expected.size + 1);
        assert.equal(table.findOrAdd(first, second), expected.get(key));
      }
      assert.equal(table.size, expected.size);
    }),
  );
});

test("numbers stay as the table grows", () => {
  const table = new PairTable();
  for (let i = 0; i < 50_000; i++) assert.equal(table.findOrAdd(i % 300, i), i + 1);
  for (let i = 0; i < 50_000; i++) assert.equal(table.find(i % 300, i), i + 1);
  assert.equal(table.find(299, 0), 0);
});
