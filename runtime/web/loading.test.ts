import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findBrowser, Page } from "../../test/browser.js";
import { openWebPage, type WebPage } from "../../test/web-page.js";
import type { LoadProgress } from "./types.js";

interface Failure {
  code: string;
  message: string;
}

const browser = findBrowser();

describe("loading a model in a browser", { skip: browser ? false : "there is no Chromium" }, () => {
  let opened: WebPage;
  const load = (url: string, options = "{}") =>
    opened.page.evaluate<Failure | null>(`failure(showtell.loadCaptioner("${url}", { device: "wasm", ...${options} })
      .then((captioner) => captioner.dispose()))`);
  const graphRequests = () => opened.server.requests.filter((path) => path.endsWith(".onnx"));
  /** Answers requests for some paths with other bytes, so many times; false leaves them as they are. */
  const answer = (pattern: RegExp, times: number, change: (bytes: Buffer) => Buffer | undefined) => {
    let left = times;
    opened.server.intercept = (request, response) => {
      const path = request.url ?? "";
      if (!pattern.test(path) || left-- <= 0) return false;
      readFile(join(opened.folder, path)).then((bytes) => {
        const changed = change(bytes);
        if (changed) response.end(changed);
        else response.destroy();
      });
      return true;
    };
  };
  const flipped = (bytes: Buffer) => {
    bytes[100]! ^= 1;
    return bytes;
  };

  before(async () => {
    opened = await openWebPage(browser!, { isolated: true });
  });
  after(() => opened?.close());

  test("a damaged download is tried once more", async () => {
    answer(/encoder.*onnx/, 1, flipped);
    assert.equal(await load("tiny", "{ keep: false }"), null);
    assert.equal(graphRequests().filter((path) => path.includes("encoder")).length, 2);
  });

  test("one that stays damaged is refused and not kept; so are one cut short and one too long", async () => {
    answer(/decoder.*onnx/, 9, flipped);
    const failure = await load("tiny");
    assert.equal(failure?.code, "MODEL_ALTERED");
    assert.match(failure.message, /decoder\.fp32\.onnx has the sha256 [0-9a-f]{64}; [0-9a-f]{64} was expected/);
    answer(/decoder.*onnx/, 9, (bytes) => bytes.subarray(0, 1000));
    assert.equal((await load("tiny"))?.code, "MODEL_ALTERED");
    answer(/decoder.*onnx/, 9, (bytes) => Buffer.concat([bytes, bytes]));
    assert.equal((await load("tiny"))?.code, "MODEL_ALTERED");
  });

  test("a connection that breaks off and an address where nothing is are said as such", async () => {
    answer(/decoder.*onnx/, 9, () => undefined);
    assert.equal((await load("tiny"))?.code, "MODEL_DOWNLOAD");
    opened.server.intercept = undefined;
    const missing = await load("nowhere");
    assert.equal(missing?.code, "MODEL_DOWNLOAD");
    assert.match(missing.message, /nowhere\/model\.json cannot be loaded: the server says 404/);
    answer(/model\.json/, 9, () => Buffer.from("{}"));
    assert.equal((await load("tiny"))?.code, "MODEL_INVALID");
    opened.server.intercept = undefined;
    assert.equal((await load("tiny", '{ precision: "int8" }'))?.code, "USAGE");
  });

  test("loading can be stopped", async () => {
    const failure = await opened.page.evaluate<{ name: string }>(`(() => {
      const stop = new AbortController();
      const loading = failure(showtell.loadCaptioner("tiny", { device: "wasm", signal: stop.signal }));
      setTimeout(() => stop.abort(), 1);
      return loading;
    })()`);
    assert.equal(failure.name, "AbortError");
  });

  test("the second time the files come from the cache; what was altered there is loaded anew", async () => {
    assert.equal(await load("tiny"), null);
    const before = graphRequests().length;
    const cached = await opened.page.evaluate<LoadProgress[]>(`(async () => {
      const progress = [];
      await showtell.loadCaptioner("tiny", { device: "wasm", onProgress: (event) => progress.push(event) });
      return progress.filter(({ phase }) => phase === "download");
    })()`);
    assert.equal(graphRequests().length, before, "nothing was asked of the server");
    assert.equal(cached.at(-1)?.cached, cached.at(-1)?.total);
    await opened.page.evaluate(`(async () => {
      const cache = await caches.open("showtell-models");
      for (const request of await cache.keys()) {
        if (request.url.includes("encoder")) await cache.put(request, new Response("altered"));
      }
    })()`);
    assert.equal(await load("tiny"), null);
    assert.deepEqual(graphRequests().slice(before), ["/tiny/encoder.fp32.onnx"]);
  });

  test("captioners that are loaded at the same time load each file once", async () => {
    const other = await Page.open(browser!, `${opened.server.url}page`); // a profile of its own: nothing is kept there yet
    try {
      await other.until("globalThis.showtell");
      const before = graphRequests().length;
      await other.evaluate(`(() => {
        const load = () => failure(showtell.loadCaptioner("tiny", { device: "wasm" }));
        globalThis.loads = Promise.all([load(), load(), load()]);
      })()`);
      assert.deepEqual(await other.evaluate("loads"), [null, null, null]);
      assert.equal(graphRequests().length - before, 2, "encoder and decoder");
    } finally {
      await other.close();
    }
  });

  test("isolated from other origins it runs on several threads, with the same words", async () => {
    const found = await opened.page.evaluate<{
      isolated: boolean;
      threads: number[];
      captions: string[];
    }>(`(async () => {
      const threads = [], captions = [];
      for (const count of [1, 2]) {
        const captioner = await showtell.loadCaptioner("model", { device: "wasm", threads: count });
        threads.push(captioner.threads);
        captions.push((await captioner.caption(await sample("dog.jpg"))).caption);
        captioner.dispose();
      }
      return { isolated: crossOriginIsolated, threads, captions };
    })()`);
    assert.equal(found.isolated, true);
    assert.deepEqual(found.threads, [1, 2]);
    assert.equal(found.captions[0], "a brown dog is playing with a tennis ball in its mouth");
    assert.equal(found.captions[1], found.captions[0]);
  });
});

describe("WebGPU, on a software adapter", { skip: browser ? false : "there is no Chromium" }, () => {
  let opened: WebPage;
  before(async () => {
    const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
    opened = await openWebPage(browser!, { flags });
  });
  after(() => opened?.close());

  test("a tiny model: the words that WebAssembly writes, features kept on the device between the graphs", async (t) => {
    const found = await opened.page.evaluate<{
      error?: Failure;
      words: string[][];
      adapter: string;
      streamed: string[];
    }>(`(async () => {
      const blob = await sample("dog.jpg");
      const words = [], streamed = [];
      let adapter = "";
      for (const device of ["wasm", "webgpu"]) {
        const captioner = await showtell.loadCaptioner("tiny", { device });
        adapter = captioner.adapter;
        for (const beam of [1, 3]) words.push((await captioner.caption(blob, { beam })).words);
        if (device === "webgpu") for await (const { word } of captioner.stream(blob)) streamed.push(word);
        captioner.dispose();
      }
      return { words, adapter, streamed };
    })().catch((error) => ({ error: { code: error.code, message: error.message } }))`);
    if (found.error) assert.fail(JSON.stringify(found.error));
    t.diagnostic(`adapter: ${found.adapter}`);
    assert.deepEqual(found.words[2], found.words[0]);
    assert.deepEqual(found.words[3], found.words[1]);
    assert.deepEqual(found.streamed, found.words[0]);
  });

  test("auto passes a software adapter over", async () => {
    const { provider, passedOver } = await opened.page.evaluate<{ provider: string; passedOver: { reason: string }[] }>(
      `showtell.loadCaptioner("tiny").then(({ provider, passedOver }) => ({ provider, passedOver }))`,
    );
    assert.equal(provider, "wasm");
    assert.match(passedOver[0]!.reason, /emulated in software/);
  });

  test("a lost device: what waits is captioned by WebAssembly, and the reason is kept", async () => {
    await opened.page.evaluate(`(async () => {
      globalThis.captioner = await showtell.loadCaptioner("tiny", { device: "webgpu" });
      globalThis.before = (await captioner.caption(await sample("dog.jpg"))).words;
    })()`);
    await opened.page.crashGraphics();
    await opened.page.until('captioner.provider === "wasm"');
    const found = await opened.page.evaluate<{ before: string[]; after: string[]; passedOver: { provider: string }[] }>(
      `(async () => ({ before, after: (await captioner.caption(await sample("dog.jpg"))).words, passedOver: captioner.passedOver }))()`,
    );
    assert.deepEqual(found.after, found.before);
    assert.equal(found.passedOver[0]?.provider, "webgpu");
  });
});
