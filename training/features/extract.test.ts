import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, copyFile, cp, mkdtemp, open, readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import sharp from "sharp";
import { ShowtellError } from "../../errors/index.js";
import { decodeImage } from "../../runtime/node/image.js";
import { toyBackbone } from "../../test/toy-backbone.js";
import { startEngine } from "../engine/index.js";
import { featureFolderName } from "./cache-folder.js";
import { extractFeatures, type FeatureStore, type ImageFile } from "./index.js";

const COUNT = 40;
let folder: string;
let images: ImageFile[];
let number = 0;

before(async () => {
  await startEngine("cpu");
  folder = await mkdtemp(join(tmpdir(), "showtell-features-"));
  images = await Promise.all(Array.from({ length: COUNT }, (_, i) => writeImage(`${i}.png`, i)));
});
after(() => rm(folder, { recursive: true }));

async function writeImage(name: string, seed: number, width = 20): Promise<ImageFile> {
  const pixels = Uint8Array.from(
    { length: width * 15 * 3 },
    (_, i) => (seed * 97 + i * i * 31 + (i >> 3) * seed) % 256,
  );
  await sharp(pixels, { raw: { width, height: 15, channels: 3 } }).toFile(join(folder, name));
  return { id: name, file: join(folder, name) };
}

const newCache = () => join(folder, `cache${number++}`);
const segmentsOf = (cacheDir: string) => join(cacheDir, featureFolderName(toyBackbone()));
const readAll = (store: FeatureStore) => store.read(Array.from({ length: store.length }, (_, i) => i));

/** How many images a call computes, beside its result. */
async function extract(cacheDir: string, some = images, options = {}) {
  let computed = 0;
  const store = await extractFeatures(toyBackbone(), some, {
    cacheDir,
    onProgress: (done, total, { cached, unreadable }) => {
      assert.equal(total, some.length);
      computed = done - cached - unreadable;
    },
    ...options,
  });
  return { store, computed };
}

test("the features are those of the tfjs model, in half precision", async () => {
  const { store, computed } = await extract(newCache());
  assert.deepEqual([store.length, store.locations, store.channels, computed], [COUNT, 16, 8, COUNT]);
  const backbone = toyBackbone();
  const model = await backbone.layersModel!();
  for (const index of [0, 7, COUNT - 1]) {
    const pixels = await decodeImage(images[index]!.file, backbone.input);
    const expected = await (model.predict(tf.tensor(pixels, [1, 16, 16, 3], "float32")) as tf.Tensor).data();
    assert.equal(store.indexOf(images[index]!.id), index);
    const got = await store.read([index]);
    assert.equal(got.length, 128);
    const peak = Math.max(...expected);
    assert.ok(peak > 0);
    for (const [i, value] of got.entries()) assert.ok(Math.abs(value - expected[i]!) <= peak * 2 ** -11);
  }
  const [a, b, ab] = [await store.read([3]), await store.read([5]), await store.read([5, 3])];
  assert.deepEqual([...ab], [...b, ...a]);
  assert.ok(!store.has("nothing"));
  assert.equal(store.indexOf("nothing"), -1);
  await assert.rejects(store.read([COUNT]), RangeError);
  store.close();
  assert.deepEqual(await store.read([3]), a);
});

test("what is in the cache is not computed again, also by other ids, orders and copies of the files", async () => {
  const cacheDir = newCache();
  const first = await extract(cacheDir);
  const again = await extract(cacheDir);
  assert.equal(again.computed, 0);
  assert.deepEqual(await readAll(again.store), await readAll(first.store));

  const copies = await Promise.all(
    images.slice(0, 5).map(async ({ file }, i) => {
      const copy = join(folder, `copy-${i}.png`);
      await copyFile(file, copy);
      return { id: `copy ${i}`, file: copy };
    }),
  );
  const segments = await readdir(segmentsOf(cacheDir));
  const moved = await extract(cacheDir, copies.toReversed());
  assert.deepEqual(await readAll(moved.store), await first.store.read([4, 3, 2, 1, 0]));
  // Only the index of the new names was written, no features.
  const added = (await readdir(segmentsOf(cacheDir))).filter((name) => !segments.includes(name));
  assert.deepEqual(
    added.map((name) => name.slice(name.indexOf("."))),
    [".jsonl"],
  );
});

test("a changed image is computed again, the others are not", async () => {
  const cacheDir = newCache();
  const some = [await writeImage("changing.png", 1000), ...images.slice(0, 6)];
  const first = await extract(cacheDir, some);
  await writeImage("changing.png", 2000);
  await utimes(some[0]!.file, new Date(), new Date(Date.now() + 5000));
  const second = await extract(cacheDir, some);
  assert.equal(second.computed, 1);
  const [before, now] = [await readAll(first.store), await readAll(second.store)];
  assert.notDeepEqual(now.slice(0, 128), before.slice(0, 128));
  assert.deepEqual(now.slice(128), before.slice(128));
  const fresh = await extract(newCache(), some);
  assert.deepEqual(now, await readAll(fresh.store));
});

test("another backbone, another folder", async () => {
  assert.notEqual(featureFolderName(toyBackbone(1)), featureFolderName(toyBackbone(2)));
  const cropped = { ...toyBackbone(), input: { width: 16, height: 16, resize: "crop" as const } };
  assert.notEqual(featureFolderName(cropped), featureFolderName(toyBackbone()));
});

test("unreadable images are reported and passed over", async () => {
  const text = join(folder, "text.jpg");
  await writeFile(text, "no picture");
  const broken = join(folder, "broken.png");
  await copyFile(images[0]!.file, broken);
  await truncate(broken, 60);
  const some = [
    images[0]!,
    { id: "text", file: text },
    { id: "missing", file: join(folder, "missing.jpg") },
    images[1]!,
    { id: "broken", file: broken },
    { id: "folder", file: folder },
  ];
  const cacheDir = newCache();
  for (const expected of [2, 0]) {
    const { store, computed } = await extract(cacheDir, some);
    assert.equal(computed, expected);
    assert.equal(store.length, 2);
    assert.equal(store.indexOf(images[1]!.id), 1);
    assert.ok(!store.has("text"));
    assert.deepEqual(
      store.unreadable.map(({ id, code }) => [id, code]),
      [
        ["text", "IMAGE_UNREADABLE"],
        ["missing", "FILE_NOT_FOUND"],
        ["broken", "IMAGE_UNREADABLE"],
        ["folder", "IMAGE_UNREADABLE"],
      ],
    );
    assert.match(store.unreadable[0]!.message, /text\.jpg/);
  }
});

test("killed with SIGKILL and started again: the same bytes as in one go", async () => {
  const whole = await readAll((await extract(newCache())).store);
  const cacheDir = newCache();
  const child = fileURLToPath(new URL("../../test/extract-child.js", import.meta.url));
  const counts: number[] = [];
  // The third time it runs to its end.
  for (const killAt of [12, 25, Number.POSITIVE_INFINITY]) {
    const running = spawn(process.execPath, [child, cacheDir, String(killAt), ...images.map(({ file }) => file)]);
    running.stdout.on("data", (data) => {
      const done = Math.max(...String(data).trim().split("\n").map(Number));
      if (done >= killAt) running.kill("SIGKILL");
    });
    const [status, signal] = await once(running, "exit");
    assert.equal(signal ?? status, killAt < COUNT ? "SIGKILL" : 0);
    const lines = await indexLines(segmentsOf(cacheDir));
    counts.push(lines.filter((line) => line.startsWith('{"row"')).length);
  }
  assert.ok(counts[0]! > 0 && counts[0]! < counts[1]! && counts[1]! < COUNT, `records after each run: ${counts}`);
  assert.equal(counts[2], COUNT);
  const resumed = await extract(cacheDir);
  assert.equal(resumed.computed, 0);
  assert.deepEqual(await readAll(resumed.store), whole);
});

async function indexLines(segments: string): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await readdir(segments)) {
    if (!name.endsWith(".jsonl")) continue;
    const file = await open(join(segments, name));
    for await (const line of file.readLines()) lines.push(line);
  }
  return lines;
}

test("index and records cut off anywhere: what is left is right, and the rest is computed again", async () => {
  const original = newCache();
  const whole = await readAll((await extract(original, images, { batch: 4, commit: 8 })).store);
  const [data] = (await readdir(segmentsOf(original))).filter((name) => name.endsWith(".f16"));
  const index = data!.replace(".f16", ".jsonl");
  for (const [dataBytes, indexBytes] of [
    [COUNT * 256, 1000],
    [COUNT * 256, 1003],
    [1000, 10000],
    [256 * 10, 0],
    [0, 10000],
    [256 * 20 + 1, 3001],
  ] as const) {
    const cacheDir = newCache();
    await cp(original, cacheDir, { recursive: true });
    await truncate(join(segmentsOf(cacheDir), data!), dataBytes);
    await truncate(join(segmentsOf(cacheDir), index), indexBytes);
    const { store, computed } = await extract(cacheDir);
    assert.ok(computed > 0);
    assert.deepEqual(await readAll(store), whole);
    assert.equal((await extract(cacheDir)).computed, 0);
  }
});

test("a damaged record is found when it is read, and computed again by the next call", async () => {
  const cacheDir = newCache();
  const { store } = await extract(cacheDir);
  const whole = await readAll(store);
  const segments = segmentsOf(cacheDir);
  const data = (await readdir(segments)).find((name) => name.endsWith(".f16"))!;
  const file = await open(join(segments, data), "r+");
  await file.write(Uint8Array.of(0x55), 0, 1, 256 * 9 + 100);
  await file.close();
  // A line cut off by a kill stands at the end of the index, too.
  await appendFile(join(segments, data.replace(".f16", ".jsonl")), '{"row":77,"ima');
  await assert.rejects(store.read([8, 9]), (error) => {
    return error instanceof ShowtellError && error.code === "FEATURES_CORRUPT" && error.message.includes("9.png");
  });
  assert.deepEqual(await store.read([8]), whole.slice(128 * 8, 128 * 9));
  const again = await extract(cacheDir);
  assert.equal(again.computed, 1);
  assert.deepEqual(await readAll(again.store), whole);
});

test("stopped by a signal: INTERRUPTED, and what was computed is kept", async () => {
  const cacheDir = newCache();
  const stop = new AbortController();
  const stopped = extractFeatures(toyBackbone(), images, {
    cacheDir,
    batch: 4,
    signal: stop.signal,
    onProgress: (done) => done >= 12 && stop.abort(),
  });
  await assert.rejects(stopped, { code: "INTERRUPTED" });
  const { store, computed } = await extract(cacheDir);
  assert.ok(computed > 0 && computed <= COUNT - 12, `${computed} computed anew`);
  assert.deepEqual(await readAll(store), await readAll((await extract(newCache())).store));
});

test("two calls at the same time on one cache", async () => {
  const cacheDir = newCache();
  const [a, b] = await Promise.all([extract(cacheDir), extract(cacheDir, images.toReversed(), { batch: 3 })]);
  const reversed = await b.store.read(Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i));
  assert.deepEqual(await readAll(a.store), reversed);
  assert.equal((await extract(cacheDir)).computed, 0);
});

test("the same picture twice, and no picture at all", async () => {
  const cacheDir = newCache();
  const twice = [images[0]!, { id: "twin", file: images[0]!.file }, images[1]!];
  const { store } = await extract(cacheDir, twice);
  assert.deepEqual(await store.read([0]), await store.read([1]));
  assert.equal((await extract(cacheDir, [])).store.length, 0);
});

test("a folder that cannot be made is an error of its own", async () => {
  const file = join(folder, "a-file");
  await writeFile(file, "");
  await assert.rejects(extract(join(file, "cache")), /ENOTDIR|EEXIST/);
});
