import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { seeded } from "../../test/random-decoder.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { decode } from "../core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "./graphs.js";
import { type Captioner, type CaptionResult, decodeImage, loadCaptioner } from "./index.js";

let folder: string;
let model: string;
let captioner: Captioner;
const images: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-captioner-"));
  model = join(folder, "tiny");
  await writeTinyModel(model);
  const random = seeded(4);
  for (let i = 0; i < 11; i++) {
    const [width, height] = [40 + Math.floor(random() * 60), 40 + Math.floor(random() * 60)];
    const data = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
    const shapes = await sharp(data, { raw: { width, height, channels: 3 } })
      .blur(4)
      .normalise()
      .png()
      .toBuffer();
    images.push(join(folder, `${i}.png`));
    await writeFile(images[i]!, shapes);
  }
  captioner = await loadCaptioner(model, { threads: 2, workers: 2 });
});

after(async () => {
  await captioner.close();
  await rm(folder, { recursive: true });
});

async function collect(results: AsyncIterable<CaptionResult>): Promise<CaptionResult[]> {
  const all: CaptionResult[] = [];
  for await (const result of results) all.push(result);
  return all;
}

test("a caption is what the graphs give in this thread, with words, sentence, score, attention, alternatives", async () => {
  const { manifest } = captioner;
  const encoder = await openSession(join(model, manifest.graphs.encoder.fp32!.file));
  const decoder = await openSession(join(model, manifest.graphs.decoder.fp32!.file));
  const data = await decodeImage(images[0]!, manifest.preprocessing);
  const encoded = await onnxEncoder(encoder)({ data, dims: [1, 32, 32, 3] });
  const options = { ...manifest.decoding, alternatives: 2 };
  const [expected] = await decode(encoded, onnxDecoderStep(decoder), manifest.tokens, options);
  const caption = await captioner.caption(images[0]!, { alternatives: 2 });
  assert.deepEqual(caption.tokens, expected!.tokens);
  assert.equal(caption.words.length, caption.tokens.length);
  assert.equal(caption.caption, caption.words.join(" "));
  assert.match(caption.sentence, /^[A-Z].*\.$/);
  assert.ok(Math.abs(caption.score - expected!.score) < 1e-5);
  assert.deepEqual(caption.grid, [4, 4]);
  assert.equal(caption.attention.length, caption.tokens.length * 16);
  assert.equal(caption.alternatives.length, 2);
  assert.ok(caption.score >= caption.alternatives[0]!.score);
  assert.match(caption.alternatives[0]!.caption, /^[a-z]+( [a-z]+)*$/);
});

test("bytes give what the file gives, and options reach the search", async () => {
  const fromFile = await captioner.caption(images[1]!);
  assert.deepEqual(await captioner.caption(await readFile(images[1]!)), fromFile);
  const short = await captioner.caption(images[1]!, { maxLength: 2, beam: 1 });
  assert.ok(short.words.length <= 2);
  await assert.rejects(captioner.caption(images[1]!, { beam: 0 }), { code: "USAGE" });
});

test("many images come in order, the same as one by one, and bad ones stop nothing", async () => {
  const bad = join(folder, "bad.jpg");
  await writeFile(bad, "no image");
  const inputs = [...images.slice(0, 5), bad, ...images.slice(5), join(folder, "absent.png"), bad];
  const results = await collect(captioner.captionMany(inputs));
  assert.deepEqual(
    results.map(({ image }) => image),
    inputs,
  );
  for (const [i, result] of results.entries()) {
    if ("error" in result) {
      assert.equal(result.error.code, inputs[i] === bad ? "IMAGE_UNREADABLE" : "FILE_NOT_FOUND");
    } else {
      const alone = await captioner.caption(inputs[i]!);
      assert.equal(result.caption, alone.caption);
      assert.ok(Math.abs(result.score - alone.score) < 1e-5);
    }
  }
  assert.equal(results.filter((result) => "error" in result).length, 3);
  assert.ok(new Set(results.map((result) => ("error" in result ? "" : result.caption))).size > 3);
});

test("a batch with no readable image and an empty list are fine", async () => {
  const results = await collect(captioner.captionMany(["/absent/1", "/absent/2"]));
  assert.ok(results.every((result) => "error" in result));
  assert.deepEqual(await collect(captioner.captionMany([])), []);
});

test("a raised signal ends the work with its reason, and leaving the loop early frees it", async () => {
  const stop = new AbortController();
  const reason = new Error("stop");
  const many = Array.from({ length: 200 }, (_, i) => images[i % images.length]!);
  let seen = 0;
  await assert.rejects(async () => {
    for await (const _ of captioner.captionMany(many, { signal: stop.signal })) if (++seen === 3) stop.abort(reason);
  }, reason);
  assert.ok(seen < 200);
  for await (const _ of captioner.captionMany(many)) break;
  await assert.rejects(captioner.caption(images[0]!, { signal: AbortSignal.abort(reason) }), reason);
  assert.ok((await captioner.caption(images[0]!)).caption, "it still works");
});

test("closing amid cancelled work waits for the threads to end, whatever else keeps the process alive", async () => {
  const script = `import { loadCaptioner } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
    const captioner = await loadCaptioner(${JSON.stringify(model)}, { threads: 2, workers: 2 });
    const stop = new AbortController();
    const many = Array(400).fill(${JSON.stringify(images[0])});
    try {
      for await (const _ of captioner.captionMany(many, { signal: stop.signal })) stop.abort(new Error("enough"));
    } catch (error) {
      console.log(error.message);
    }
    await captioner.close();
    console.log("closed");`;
  for (let i = 0; i < 3; i++) assert.deepEqual(await runScript(script), { status: 0, output: "enough\nclosed\n" });
});

test("the event loop stays free while images are captioned", async () => {
  const large = join(folder, "large");
  await writeTinyModel(large, { width: 512, height: 512, grid: [32, 32], channels: 64, hidden: 256, vocabulary: 4000 });
  const heavy = await loadCaptioner(large, { threads: 1 });
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 2);
  const started = performance.now();
  assert.equal((await collect(heavy.captionMany(images, { beam: 8 }))).length, images.length);
  const took = performance.now() - started;
  clearInterval(timer);
  await heavy.close();
  assert.ok(took > 100, `the work takes long enough to tell: ${took} ms`);
  assert.ok(longest < took / 2, `longest gap ${longest} ms of ${took} ms`);
});

test("a captioner that is forgotten does not keep the process alive", async () => {
  const script = `import { loadCaptioner } from ${JSON.stringify(new URL("./index.js", import.meta.url).href)};
    const captioner = await loadCaptioner(${JSON.stringify(model)});
    console.log((await captioner.caption(${JSON.stringify(images[0])})).caption);`;
  const { status, output } = await runScript(script);
  assert.equal(status, 0, output);
  assert.match(output, /^[a-z ]+\n$/);
});

/** Runs a module in a process of its own; one that does not end is told after two minutes. */
async function runScript(script: string): Promise<{ status: unknown; output: string }> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data) => {
      output += data;
    });
  }
  const ended = new Promise((resolve) => child.on("close", resolve));
  const status = await Promise.race([ended, sleep(120_000, "too long", { ref: false })]);
  child.kill();
  return { status, output };
}
