import assert from "node:assert/strict";
import { link, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { listScenes, openScenes } from "./index.js";
import { renderScene, renderScenes } from "./render.js";
import { COLOURS, type Scene } from "./things.js";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-scenes-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const listed = listScenes();
const first = (count: number) => new Map(listed.slice(0, count).map(({ id, scene }) => [id, scene]));

test("pictures are JPEG of 224 x 224 pixels; what is there is kept, what is missing is rendered", async () => {
  const cache = join(folder, "resumed");
  const seen: number[] = [];
  await renderScenes(first(5), cache, { onProgress: (done) => seen.push(done) });
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(await readdir(cache), [...first(5).keys()]);
  const { format, width, height, channels } = await sharp(join(cache, "train-0004.jpg")).metadata();
  assert.deepEqual({ format, width, height, channels }, { format: "jpeg", width: 224, height: 224, channels: 3 });

  const before = await stat(join(cache, "train-0003.jpg"));
  await rm(join(cache, "train-0001.jpg"));
  seen.length = 0;
  await renderScenes(first(7), cache, { onProgress: (done) => seen.push(done) });
  assert.deepEqual(seen, [4, 5, 6, 7]);
  assert.deepEqual(await stat(join(cache, "train-0003.jpg")), before);
  await renderScenes(first(7), cache, { onProgress: () => assert.fail("nothing is left to do") });
});

test("stopped, it leaves whole pictures only, and goes on from there", async () => {
  const cache = join(folder, "stopped");
  const stop = new AbortController();
  const onProgress = (done: number) => done === 10 && stop.abort();
  await assert.rejects(renderScenes(first(40), cache, { onProgress, signal: stop.signal }), { name: "AbortError" });
  const left = await readdir(cache);
  assert.ok(left.length >= 10 && left.length < 30, `${left.length} pictures`);
  for (const name of left) {
    assert.match(name, /^train-\d{4}\.jpg$/);
    assert.equal((await sharp(join(cache, name)).raw().toBuffer()).length, 224 * 224 * 3);
  }
  await renderScenes(first(40), cache);
  assert.equal((await readdir(cache)).length, 40);
});

test("the data set has its images, captions and parts", async () => {
  // All pictures but three are already there: links to one, so that this does not take the time of rendering all.
  const cache = join(folder, "whole");
  await mkdir(cache);
  await renderScenes(first(1), cache);
  for (const { id } of listed.slice(4)) await link(join(cache, "train-0000.jpg"), join(cache, id));
  const last: number[] = [];
  const { name, images, report } = await openScenes({
    cacheDir: cache,
    onProgress: (...progress) => last.splice(0, 2, ...progress),
  });
  assert.equal(name, "scenes");
  assert.deepEqual(last, [1900, 1900]);
  assert.equal(images.length, 1900);
  assert.equal(report.images, 1900);
  assert.equal(report.captions, 9500);
  assert.deepEqual(report.splits, { train: 1500, val: 200, test: 200 });
  assert.deepEqual(
    images.map(({ id, captions, split }) => ({ id, captions, split })),
    listed.map(({ id, captions, split }) => ({ id, captions, split })),
  );
  const there = new Set((await readdir(cache)).map((name) => join(cache, name)));
  assert.ok(images.every(({ file }) => there.has(file)));
});

test("a thing is drawn where the scene has it, in a colour of its own", async () => {
  const rgb: Record<string, number[]> = {};
  for (const colour of COLOURS) {
    const item = { x: 60, y: 150, side: 60, turn: 0, mirrored: false };
    const groups: Scene["groups"] = [{ kind: "circle", colour, size: "medium", shade: 0, items: [item] }];
    const picture = await renderScene({ seed: 1, backdrop: "white", layout: "alone", place: "left", groups });
    const { data } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
    const at = (x: number, y: number) => [...data.subarray((y * 224 + x) * 3, (y * 224 + x) * 3 + 3)];
    rgb[colour] = at(60, 150);
    for (const [x, y] of [
      [60 + 36, 150],
      [60, 150 - 36],
      [150, 150],
    ] as const) {
      assert.ok(Math.min(...at(x, y)) > 190, `backdrop at ${x}, ${y}`);
    }
  }
  const [r, g, b] = [0, 1, 2] as const;
  const channel = (colour: string, index: number) => rgb[colour]![index]!;
  assert.ok(channel("red", r) > 200 && channel("red", g) < 60 && channel("red", b) < 60);
  assert.ok(channel("green", g) > channel("green", r) + 80 && channel("green", g) > channel("green", b) + 60);
  assert.ok(channel("blue", b) > channel("blue", r) + 120 && channel("blue", b) > channel("blue", g) + 80);
  assert.ok(Math.max(...rgb.black!) < 70);
  for (const one of COLOURS) {
    for (const other of COLOURS) {
      const distance = Math.hypot(...rgb[one]!.map((value, i) => value - rgb[other]![i]!));
      assert.ok(one === other || distance > 80, `${one} and ${other}: ${distance}`);
    }
  }
});
