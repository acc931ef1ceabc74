import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { drawSvg } from "./draw.js";
import { listScenes, PARTS } from "./index.js";
import { drawScene, drawScenes, signatureOf } from "./scene.js";
import { BACKDROPS, CANVAS, COLOURS, KINDS, SIDES } from "./things.js";

test("nothing overlaps or leaves the picture, and sizes are what they are called", () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(100_000), (seed, index) => {
      const { groups } = drawScene(seed, index);
      const items = groups.flatMap((group) => group.items);
      for (const [i, { x, y, side }] of items.entries()) {
        for (const value of [x, y]) assert.ok(value - side / 2 > 4 && value + side / 2 < CANVAS - 4);
        for (const other of items.slice(i + 1)) {
          const apart = Math.max(Math.abs(x - other.x), Math.abs(y - other.y));
          assert.ok(apart > (side + other.side) / 2, `${apart} of ${side} and ${other.side}`);
        }
      }
      for (const { size, items } of groups) {
        assert.ok(items.length >= 1 && items.length <= 4);
        for (const { side } of items) assert.ok(side > SIDES[size][0] * 0.95 && side <= SIDES[size][1] + 0.1);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a seed gives the same scenes each time, another seed others, a longer row the same beginning", () => {
  assert.deepEqual(drawScenes(7, 40), drawScenes(7, 40));
  assert.deepEqual(drawScenes(7, 60).slice(0, 40), drawScenes(7, 40));
  assert.notDeepEqual(drawScenes(7, 5), drawScenes(8, 5));
});

test("the parts have their sizes and share no scene, and everything occurs in training", () => {
  const listed = listScenes();
  for (const [split, count] of Object.entries(PARTS)) {
    assert.equal(listed.filter((scene) => scene.split === split).length, count);
  }
  assert.equal(new Set(listed.map(({ id }) => id)).size, listed.length);
  assert.equal(new Set(listed.map(({ scene }) => signatureOf(scene))).size, listed.length);
  const trained = listed.filter(({ split }) => split === "train").map(({ scene }) => scene);
  const groups = trained.flatMap((scene) => scene.groups);
  for (const backdrop of BACKDROPS) assert.ok(trained.filter((scene) => scene.backdrop === backdrop).length > 80);
  for (const kind of KINDS) assert.ok(groups.filter((group) => group.kind === kind).length > 120, kind);
  for (const colour of COLOURS) assert.ok(groups.filter((group) => group.colour === colour).length > 250, colour);
  for (const count of [1, 2, 3, 4]) assert.ok(groups.filter(({ items }) => items.length === count).length > 200);
  const words = (part: typeof listed) => new Set(part.flatMap(({ captions }) => captions.join(" ").match(/\w+/g)!));
  const known = words(listed.filter(({ split }) => split === "train"));
  for (const word of words(listed)) assert.ok(known.has(word), `"${word}" occurs in training`);
});

test("the pictures and captions are those of this version", () => {
  const hash = createHash("sha256");
  for (const { id, scene, captions } of listScenes()) {
    hash.update(JSON.stringify([id, scene, captions, drawSvg(scene)]));
  }
  // Caches keep pictures by version: whoever changes this hash must raise VERSION in index.ts.
  assert.equal(hash.digest("hex"), "a84a53d4df796b10399b0d32c0571a26bbfc122fbf5c4811b7c49a6a27b6d49d");
});
