import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { seeded } from "../../test/random-decoder.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { type Captioner, loadCaptioner } from "./index.js";

let folder: string;
let model: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-pool-"));
  model = join(folder, "tiny");
  await writeTinyModel(model);
});

after(() => rm(folder, { recursive: true }));

const random = seeded(7);
const picture = () => Uint8Array.from({ length: 32 * 32 * 3 }, () => random() * 256);

async function withCaptioner(options: object, use: (captioner: Captioner) => Promise<void>): Promise<void> {
  const captioner = await loadCaptioner(model, {
    threads: 2,
    workers: 2,
    inMemory: true,
    isolation: "process",
    ...options,
  });
  try {
    await use(captioner);
  } finally {
    await captioner.close();
  }
}

test("workers that end amid work are replaced, and no job is lost", async () => {
  await withCaptioner({}, async (captioner) => {
    await captioner.warmUp();
    const pictures = Array.from({ length: 60 }, picture);
    const expected = await Promise.all(pictures.map(async (pixels) => (await captioner.captionPixels([pixels]))[0]));
    let done = false;
    const killing = (async () => {
      for (let i = 0; i < 4 && !done; i++) {
        await sleep(30);
        const { threads } = captioner.pool;
        threads[i % threads.length]?.abandon("ended by a test");
        while (captioner.pool.threads.length < 2 && !done) await sleep(5);
      }
    })();
    // In rounds, so that there is work throughout.
    for (let round = 0; captioner.workerRestarts < 3; round++) {
      assert.ok(round < 1000, "workers end while there is work");
      const found = await Promise.all(pictures.map(async (pixels) => (await captioner.captionPixels([pixels]))[0]));
      assert.deepEqual(
        found.map((caption) => caption?.tokens),
        expected.map((caption) => caption?.tokens),
      );
    }
    done = true;
    await killing;
  });
});

test("a worker is replaced from the bytes that were read first, though the model's files are gone", async () => {
  const other = join(folder, "other");
  await writeTinyModel(other);
  const captioner = await loadCaptioner(other, { threads: 1, workers: 1, inMemory: true, isolation: "process" });
  const pixels = picture();
  const [before] = await captioner.captionPixels([pixels]);
  await writeFile(join(other, "encoder.fp32.onnx"), "no graph");
  captioner.pool.threads[0]?.abandon("ended by a test");
  assert.deepEqual(await captioner.captionPixels([pixels]), [before]);
  await captioner.close();
});

test("a stuck worker is given up and its job done by another", async () => {
  const heavy = join(folder, "heavy");
  await writeTinyModel(heavy, { width: 512, height: 512, grid: [32, 32], channels: 64, hidden: 256, vocabulary: 4000 });
  const captioner = await loadCaptioner(heavy, {
    threads: 1,
    workers: 1,
    stuckAfter: 1,
    inMemory: true,
    isolation: "process",
  });
  // One millisecond is too short for any worker: all tries are used, and the failure says what happened.
  await assert.rejects(captioner.captionPixels([new Uint8Array(512 * 512 * 3)]), /stuck: no answer in 0.001 s/);
  assert.ok(captioner.workerRestarts >= 2);
  await captioner.close();
});

test("words are told as greedy decoding writes them, once, though the worker is lost midway", async () => {
  await withCaptioner({ workers: 1 }, async (captioner) => {
    for (const lose of [false, true]) {
      const words: string[] = [];
      const onWord = (_: number, word: string) => {
        words.push(word);
        if (lose && words.length === 2) captioner.pool.threads[0]?.abandon("ended by a test");
      };
      const [caption] = await captioner.captionPixels([picture()], { beam: 1, onWord });
      assert.ok(words.length > 2);
      assert.deepEqual(words, caption?.words);
    }
  });
});

test("graphs run by role on named tensors, and one that the model lacks is named", async () => {
  await withCaptioner({ workers: 1 }, async (captioner) => {
    const image = { dtype: "uint8", dims: [2, 32, 32, 3], data: new Uint8Array(2 * 32 * 32 * 3) } as const;
    const outputs = await captioner.runGraph("encoder", { image: { ...image, dims: [...image.dims] } });
    assert.deepEqual(outputs.features?.dims, [2, 16, 8]);
    assert.ok(outputs.features?.data instanceof Float32Array);
    await assert.rejects(captioner.runGraph("captioner", {}), { code: "MODEL_INVALID" });
    const wrong = { ...image, dims: [1, 64, 32, 3] };
    await assert.rejects(captioner.runGraph("encoder", { image: wrong }), { code: "USAGE" });
  });
});
