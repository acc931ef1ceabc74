import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { END, layOutBatch, planEpoch, START } from "./batches.js";

const options = { imagesPerBatch: 4, captionsPerImage: 3, maxLength: 6, seed: 9 };

test("an epoch holds each image once, in another order the next time, the same for the same seed", () => {
  const flat = (epoch: number) => planEpoch(10, epoch, options).flat();
  assert.deepEqual(
    [...flat(0)].sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  assert.notDeepEqual(flat(0), flat(1));
  assert.deepEqual(flat(1), flat(1));
  assert.deepEqual(
    planEpoch(10, 0, options).map((batch) => batch.length),
    [4, 4, 2],
  );
});

test("read row by row, a batch holds exactly its captions between start and end", () => {
  const caption = fc.array(fc.integer({ min: 4, max: 50 }), { maxLength: 9 });
  const image = fc.array(caption, { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(image, { minLength: 1, maxLength: 4 }), (captions) => {
      const images = captions.map((own, feature) => ({ feature, captions: own }));
      const batch = layOutBatch(
        images,
        images.map((_, i) => i),
        new Float32Array(0),
        0,
        options,
      );
      const N = batch.images;
      const read = new Map<number, number[]>();
      const predicted = new Map<number, number[]>();
      const targetAt = new Map(Array.from(batch.positions, (position, i) => [position, batch.targets[i]]));
      let position = 0;
      for (const columns of batch.columns) {
        for (let row = 0; row < columns * N; row++, position++) {
          assert.equal(batch.alive[position] === 1, targetAt.has(position));
          if (batch.alive[position] === 0) continue;
          read.set(row, [...(read.get(row) ?? []), batch.inputs[position]]);
          predicted.set(row, [...(predicted.get(row) ?? []), targetAt.get(position) as number]);
        }
      }
      assert.equal(position, batch.inputs.length);
      captions.forEach((own, n) => {
        const expected = own.map((words) => words.slice(0, options.maxLength)).sort((a, b) => b.length - a.length);
        expected.forEach((words, k) => {
          assert.deepEqual(read.get(k * N + n), [START, ...words]);
          assert.deepEqual(predicted.get(k * N + n), [...words, END]);
        });
      });
      assert.equal(read.size, captions.flat().length);
    }),
  );
});

test("of many captions as many as wanted are drawn, others in another epoch", () => {
  const images = [{ feature: 0, captions: Array.from({ length: 20 }, (_, i) => [i + 4]) }];
  const drawn = (epoch: number) => {
    const batch = layOutBatch(images, [0], new Float32Array(0), epoch, options);
    return Array.from(batch.targets)
      .filter((word) => word !== END)
      .sort((a, b) => a - b);
  };
  assert.equal(drawn(0).length, 3);
  assert.deepEqual(drawn(0), drawn(0));
  assert.notDeepEqual(drawn(0), drawn(1));
});
