import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { toyBackbone } from "../../test/toy-backbone.js";
import { extractFeatures, type FeatureStore } from "../features/index.js";
import { readFeatures, tellsSides } from "./batch-features.js";

const COUNT = 8;
const UPRIGHT_ONLY = 3;
const SEED = 4;
let folder: string;
let store: FeatureStore;
let mirrored: FeatureStore;
/** Features of files that were mirrored before anything was computed. */
let reference: FeatureStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-mirror-"));
  const images = Array.from({ length: COUNT }, (_, i) => ({ id: String(i), file: join(folder, `${i}.png`) }));
  const flopped = images.map(({ id }) => ({ id, file: join(folder, `${id}-flopped.png`) }));
  for (const [i, { file }] of images.entries()) {
    const pixels = Uint8Array.from({ length: 16 * 16 * 3 }, (_, at) => (at * (i + 3) * 7) % 256);
    const picture = sharp(pixels, { raw: { width: 16, height: 16, channels: 3 } });
    await picture.clone().png().toFile(file);
    await picture.clone().flop().png().toFile(flopped[i].file);
  }
  const options = { cacheDir: join(folder, "cache") };
  store = await extractFeatures(toyBackbone(), images, options);
  mirrored = await extractFeatures(
    toyBackbone(),
    images.filter((_, i) => i !== UPRIGHT_ONLY),
    { ...options, mirrored: true },
  );
  reference = await extractFeatures(toyBackbone(), flopped, options);
});
after(() => rm(folder, { recursive: true }));

test("each image comes upright or mirrored, at random by epoch; one that tells its sides always upright", async () => {
  const trainImages = Array.from({ length: COUNT }, (_, i) => ({
    feature: store.indexOf(String(i)),
    captions: [],
    ...(i !== UPRIGHT_ONLY && { mirrored: mirrored.indexOf(String(i)) }),
  }));
  const indices = [5, 0, UPRIGHT_ONLY, 7, 1];
  const size = store.locations * store.channels;
  const turned = new Map(indices.map((index) => [index, 0]));
  const epochs = 40;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const features = await readFeatures({ store, mirrored, trainImages }, indices, epoch, SEED);
    for (const [n, index] of indices.entries()) {
      const own = features.subarray(n * size, (n + 1) * size);
      const [upright, reversed] = [await store.read([index]), await reference.read([index])];
      const isReversed = Buffer.compare(Buffer.from(own.slice().buffer), Buffer.from(reversed.buffer)) === 0;
      if (isReversed) turned.set(index, turned.get(index)! + 1);
      else assert.deepEqual(own, upright);
    }
  }
  for (const [index, times] of turned) {
    if (index === UPRIGHT_ONLY) assert.equal(times, 0);
    else assert.ok(times > epochs / 4 && times < (3 * epochs) / 4, `image ${index}: ${times} of ${epochs}`);
  }
});

test("captions that tell left from right are known by their words", () => {
  assert.ok(
    tellsSides([
      ["a", "dog"],
      ["the", "dog", "on", "the", "left"],
    ]),
  );
  assert.ok(
    !tellsSides([
      ["a", "leftover", "meal"],
      ["a", "bright", "room"],
    ]),
  );
});
