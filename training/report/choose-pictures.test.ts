import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { choosePictures } from "./choose-pictures.js";

test("the worst, those around the median and the best, worst first", () => {
  const scores = Array.from({ length: 101 }, (_, image) => 100 - image);
  const chosen = choosePictures([scores], 8);
  assert.deepEqual(
    chosen.map(({ image, group }) => `${group} ${scores[image]}`),
    ["worst 0", "worst 1", "worst 2", "worst 3", "middle 49", "middle 50", "best 99", "best 100"],
  );
});

test("of two runs also those whose captions differ most in score", () => {
  const first = Array.from({ length: 50 }, (_, image) => image);
  const second = first.map((score) => (score === 20 || score === 31 ? score + 9 : score));
  const different = choosePictures([first, second], 10).filter(({ group }) => group === "different");
  assert.deepEqual(
    different.map(({ image }) => image),
    [20, 31],
  );
});

test("as many as asked for or all there are, each once, in the order of the first run's scores", () => {
  const score = fc.double({ min: 0, max: 10, noNaN: true });
  const runs = fc
    .integer({ min: 1, max: 60 })
    .chain((images) =>
      fc.array(fc.array(score, { minLength: images, maxLength: images }), { minLength: 1, maxLength: 3 }),
    );
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 80 }), (scores, count) => {
      const chosen = choosePictures(scores, count).map(({ image }) => image);
      assert.equal(chosen.length, Math.min(count, scores[0].length));
      assert.equal(new Set(chosen).size, chosen.length);
      const own = chosen.map((image) => scores[0][image]);
      assert.deepEqual(
        own,
        own.toSorted((a, b) => a - b),
      );
    }),
  );
});
