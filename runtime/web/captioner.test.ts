import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findBrowser, type Page } from "../../test/browser.js";
import type { StaticServer } from "../../test/static-server.js";
import { openWebPage, SAMPLES, type WebPage } from "../../test/web-page.js";
import { loadCaptioner } from "../node/index.js";
import type { StreamedWord, TimedCaption } from "./types.js";

interface Failure {
  name: string;
  code: string;
  message: string;
}

const browser = findBrowser();

describe("showtell/web from a plain script, on WebAssembly", { skip: browser ? false : "there is no Chromium" }, () => {
  let opened: WebPage;
  let page: Page;
  let server: StaticServer;

  before(async () => {
    opened = await openWebPage(browser!);
    ({ page, server } = opened);
    await page.evaluate(`(async () => {
      globalThis.progress = [];
      const onProgress = (event) => progress.push(event);
      globalThis.captioner = await showtell.loadCaptioner("model", { onProgress });
      globalThis.tiny = await showtell.loadCaptioner("tiny", { device: "wasm" });
    })()`);
  });
  after(() => opened?.close());

  test("without a graphics adapter it runs on WebAssembly, and says why", async () => {
    const state = await page.evaluate<object>(`({
      provider: captioner.provider, threads: captioner.threads, precision: captioner.precision,
      passedOver: captioner.passedOver, model: captioner.manifest.name,
    })`);
    assert.deepEqual(state, {
      provider: "wasm",
      threads: 1,
      precision: "int8",
      passedOver: [{ provider: "webgpu", reason: "no graphics adapter was found" }],
      model: "flickr8k-efficientnet-lite0",
    });
    const progress = await page.evaluate<{ phase: string; loaded: number; total: number }[]>("progress");
    const downloads = progress.filter(({ phase }) => phase === "download");
    assert.ok(downloads.length > 3, "it says how far it is");
    assert.equal(downloads.at(-1)?.loaded, downloads.at(-1)?.total);
    assert.ok(downloads.every(({ loaded }, i) => i === 0 || loaded >= downloads[i - 1]!.loaded));
  });

  test("the shipped model writes the captions that Node writes", async () => {
    const node = await loadCaptioner(undefined, { workers: 1, threads: 1 });
    try {
      for (const name of (await readdir(SAMPLES)).filter((file) => file.endsWith(".jpg"))) {
        const web = await page.evaluate<TimedCaption>(
          `sample("${name}").then((blob) => captioner.caption(blob, { alternatives: 2 }))`,
        );
        const expected = await node.caption(join(SAMPLES, name), { alternatives: 2 });
        assert.equal(web.sentence, expected.sentence, name);
        assert.deepEqual(web.words, expected.words);
        assert.deepEqual(web.grid, expected.grid);
        // Kernels for other processors round int8 sums in another order.
        assert.ok(Math.abs(web.score - expected.score) < 0.1, `${name}: ${web.score}, ${expected.score} in Node`);
        assert.equal(web.alternatives.length, 2);
      }
    } finally {
      await node.close();
    }
  });

  test("bitmaps, pixels, images, canvases: the same caption, and nothing detached", async () => {
    const captions = await page.evaluate<string[]>(`(async () => {
      const blob = await sample("dog.jpg");
      const bitmap = await createImageBitmap(blob);
      const image = new Image();
      image.src = URL.createObjectURL(blob);
      await image.decode();
      const [canvas, offscreen] = [document.createElement("canvas"), new OffscreenCanvas(bitmap.width, bitmap.height)];
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      for (const target of [canvas, offscreen]) target.getContext("2d").drawImage(bitmap, 0, 0);
      const pixels = offscreen.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
      const captions = [];
      for (const source of [blob, bitmap, image, canvas, offscreen, pixels, bitmap]) {
        captions.push((await captioner.caption(source)).caption);
      }
      return [...captions, String(bitmap.width > 0 && pixels.data.length > 0)];
    })()`);
    assert.equal(captions.pop(), "true");
    assert.deepEqual(captions, Array(7).fill("a brown dog is playing with a tennis ball in its mouth"));
  });

  test("a stream gives the words of the greedy caption, each with where the model looked", async () => {
    const { words, caption, greedy } = await page.evaluate<{
      words: (Omit<StreamedWord, "attention"> & { sum: number })[];
      caption: TimedCaption;
      greedy: TimedCaption;
    }>(`(async () => {
      const blob = await sample("soccer.jpg");
      const words = [];
      const stream = captioner.stream(blob);
      let caption;
      for (;;) {
        const { value, done } = await stream.next();
        if (done) { caption = value; break; }
        words.push({ word: value.word, index: value.index, sum: value.attention.reduce((a, b) => a + b, 0) });
      }
      return { words, caption, greedy: await captioner.caption(blob, { beam: 1 }) };
    })()`);
    assert.deepEqual(
      words.map(({ word }) => word),
      greedy.words,
    );
    assert.deepEqual(
      words.map(({ index }) => index),
      greedy.words.map((_, i) => i),
    );
    assert.equal(caption.caption, greedy.caption);
    for (const { sum } of words) assert.ok(Math.abs(sum - 1) < 1e-3);
  });

  test("calls wait for one another; one that is cancelled does not hold up the next", async () => {
    const { order, cancelled, early, after } = await page.evaluate<{
      order: number[];
      cancelled: Failure;
      early: Failure;
      after: string;
    }>(`(async () => {
      const blob = await sample("dog.jpg");
      const order = [];
      const first = [0, 1, 2].map((i) => captioner.caption(blob).then(() => order.push(i)));
      const stop = new AbortController();
      const cancelled = failure(captioner.caption(blob, { signal: stop.signal }));
      const stopped = new AbortController();
      stopped.abort();
      const early = await failure(captioner.caption(blob, { signal: stopped.signal }));
      stop.abort();
      const last = captioner.caption(blob);
      await Promise.all(first);
      return { order, cancelled: await cancelled, early, after: (await last).caption };
    })()`);
    assert.deepEqual(order, [0, 1, 2]);
    assert.equal(cancelled.name, "AbortError");
    assert.equal(early.name, "AbortError");
    assert.equal(after, "a brown dog is playing with a tennis ball in its mouth");
  });

  test("a loop over a stream that is left early stops the work", async () => {
    const words = await page.evaluate<string[]>(`(async () => {
      const words = [];
      for await (const { word } of captioner.stream(await sample("dog.jpg"))) {
        words.push(word);
        if (words.length === 2) break;
      }
      return [...words, (await captioner.caption(await sample("dog.jpg"))).words[1]];
    })()`);
    assert.equal(words.length, 3);
    assert.equal(words[2], "brown");
  });

  test("what is no picture, a broken one and a huge one are refused in a sentence, and the captioner goes on", async () => {
    const failures = await page.evaluate<Failure[]>(`(async () => {
      const canvas = new OffscreenCanvas(8, 8);
      canvas.getContext("2d");
      const png = await canvas.convertToBlob();
      const huge = new Uint8Array(await png.arrayBuffer());
      new DataView(huge.buffer).setUint32(16, 60000);
      new DataView(huge.buffer).setUint32(20, 60000);
      const jpeg = await sample("dog.jpg");
      const bad = [new Blob(["words"]), new Blob([]), new Blob([huge]), jpeg.slice(0, 100), new Image()];
      const found = [];
      for (const picture of bad) found.push(await failure(captioner.caption(picture)));
      found.push(await failure(captioner.caption(jpeg, { beam: 0 })));
      found.push(await failure(captioner.caption(jpeg)));
      return found;
    })()`);
    assert.deepEqual(
      failures.map((failure) => failure?.code),
      [
        "IMAGE_UNREADABLE",
        "IMAGE_UNREADABLE",
        "IMAGE_TOO_LARGE",
        "IMAGE_UNREADABLE",
        "IMAGE_UNREADABLE",
        "USAGE",
        undefined,
      ],
    );
    assert.match(failures[2]!.message, /60000 x 60000 pixels, the limit is 50 million/);
  });

  test("disposing rejects what waits, and gives the worker back", async () => {
    const [waiting, later] = await page.evaluate<Failure[]>(`(async () => {
      const blob = await sample("dog.jpg");
      const other = await showtell.loadCaptioner("tiny", { device: "wasm" });
      await other.caption(blob);
      const waiting = failure(other.caption(await createImageBitmap(blob)));
      await new Promise((resolve) => setTimeout(resolve, 0));
      other.dispose();
      return [await waiting, await failure(other.caption(blob))];
    })()`);
    assert.equal(waiting?.code, "USAGE");
    assert.match(later!.message, /disposed/);
  });

  test("no violation of the strict policy, no exception", () => {
    const complaints = page.complaints.filter((text) => !text.includes("No available adapters."));
    assert.deepEqual(complaints, []);
    assert.ok(server.requests.some((path) => path.endsWith("ort-wasm-simd-threaded.wasm")));
    assert.ok(
      !server.requests.some((path) => path.endsWith("asyncify.wasm")),
      "WebGPU's binary is not loaded for nothing",
    );
  });
});
