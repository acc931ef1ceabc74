import assert from "node:assert/strict";
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findBrowser, Page } from "./browser.js";
import { type CommandOptions, showtell } from "./command.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

const HOSTILE = '<script>document.title = "taken over"</script><img src=x onerror=alert(1)>';

let folder: string;
let training: string[];
const path = (...parts: string[]) => join(folder, ...parts);
const run = (args: string[], options: CommandOptions = {}) =>
  showtell(args, { env: { SHOWTELL_CACHE: path("cache") }, ...options });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-report-test-"));
  const dataset = await writeToyDataset(path("data"), 64);
  await appendFile(dataset, `24.png,"${HOSTILE.replaceAll('"', '""')}",val\n`);
  training = [...toyTraining(dataset, await writeToyBackbone(path("backbone"))), "--epochs", "9", "--patience", "9"];
  for (const [name, ...more] of [["first"], ["second", "--seed", "2", "--learning-rate", "0.02"]]) {
    const trained = await run([...training, ...more, "--out", path(name)]);
    assert.equal(trained.code, 0, trained.stderr);
  }
});
after(() => rm(folder, { recursive: true, force: true }));

test("a report of two runs: captions scored as in the log, pictures, and nothing of the data taken for markup", async () => {
  const args = ["report", path("first"), path("second"), "--out", path("report.html"), "--engine", "wasm", "--json"];
  const result = await run(args);
  assert.equal(result.code, 0, result.stderr);
  const { runs, notes, bytes } = JSON.parse(result.stdout);
  assert.deepEqual(notes, []);
  for (const { captions, best, epochs, steps } of runs) {
    assert.equal(epochs, 9);
    assert.equal(steps, 54);
    assert.equal(captions.images, 16);
    assert.ok(Math.abs(captions.scores["CIDEr-D"] - best.scores["CIDEr-D"]) < 1e-6, result.stdout);
  }
  const page = await readFile(path("report.html"), "utf8");
  assert.equal(Buffer.byteLength(page), bytes);
  assert.ok(!page.includes("<script>document"), "a caption is text");
  assert.ok(page.includes("&lt;script&gt;document.title"));
  assert.equal(page.match(/<li class="picture"/g)?.length, 16);
  assert.equal(
    page.match(/<figure class="chart"/g)?.length,
    8,
    "curves of loss, scores, rate, norm, time; distribution",
  );
  assert.match(page, /<code>learningRate<\/code><\/th><td>0.01<\/td><td>0.02<\/td>/);
  assert.ok(!/(src|href)="(?!data:|#)/.test(page), "nothing is fetched");
});

test("in a browser: pictures and curves are drawn, words show their maps, the list is sorted and searched", async (t) => {
  const browser = findBrowser();
  if (!browser) return t.skip("there is no Chromium");
  const page = await Page.open(browser, path("report.html"));
  try {
    assert.equal(page.requests.length, 1, `${page.requests}`);
    assert.equal(await page.evaluate("document.title"), "first, second: showtell report");
    const broken = "[...document.images].filter((image) => image.complete && image.naturalWidth === 0).length";
    assert.equal(await page.evaluate(broken), 0);
    const lines = "[...document.querySelectorAll('.line .thick')].every((line) => line.getTotalLength() > 10)";
    assert.ok(await page.evaluate(lines));

    const scores = "[...document.querySelectorAll('.picture:not([hidden])')].map((picture) => +picture.dataset.s0)";
    const worstFirst = await page.evaluate<number[]>(scores);
    assert.deepEqual(
      worstFirst,
      worstFirst.toSorted((a, b) => a - b),
    );
    const choose = (field: string, value: string) =>
      `{ const field = document.querySelector("[name=${field}]"); field.value = ${JSON.stringify(value)};
         field.dispatchEvent(new Event("input", { bubbles: true })); }`;
    await page.evaluate(choose("order", "-s0"));
    assert.deepEqual(await page.evaluate(scores), worstFirst.toReversed());
    await page.evaluate(choose("text", "taken OVER"));
    assert.equal(await page.evaluate("document.querySelectorAll('.picture:not([hidden])').length"), 1);

    await page.evaluate("document.querySelector('.picture:not([hidden]) .words button').focus()");
    const large = `{ const style = getComputedStyle(document.querySelector(".picture:not([hidden]) .look"));
      const word = getComputedStyle(document.querySelector(".picture:not([hidden]) .map"));
      [style.backgroundImage.startsWith('url("data:image/webp'), style.backgroundImage === word.backgroundImage] }`;
    assert.deepEqual(await page.evaluate(large), [true, true]);
    await page.evaluate("document.querySelector('.chart').focus()");
    await page.press("ArrowRight");
    assert.match(await page.evaluate("document.querySelector('.chart .readout').textContent"), /^25 \d/);
    assert.deepEqual(page.complaints, []);
    assert.equal(page.requests.length, 1, `${page.requests}`);
  } finally {
    await page.close();
  }
});

test("on a phone nothing is wider than the screen", async (t) => {
  const browser = findBrowser();
  if (!browser) return t.skip("there is no Chromium");
  const page = await Page.open(browser, path("report.html"), { width: 360, height: 740 });
  try {
    const [content, screen] = await page.evaluate<[number, number]>(
      "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
    );
    assert.ok(content <= screen && screen <= 360, `${content} of ${screen}`);
  } finally {
    await page.close();
  }
});

test("a run killed in its first epoch, and one whose data set has moved, are reported without pictures", async () => {
  const killed = await run([...training, "--out", path("killed"), "--checkpoint-seconds", "0"], {
    onStderr: (text, child) => {
      if (/Epoch 1\/9: 1\//.test(text)) child.kill("SIGKILL");
    },
  });
  assert.equal(killed.signal, "SIGKILL", killed.stderr);
  const early = await run(["report", path("killed"), "--out", path("early.html")]);
  assert.equal(early.code, 0, early.stderr);
  assert.match(await readFile(path("early.html"), "utf8"), /killed has no pictures: no epoch of it is finished yet/);

  await rename(path("data"), path("moved"));
  try {
    const args = ["report", path("first"), "--out", path("moved.html"), "--engine", "wasm"];
    const without = await run(args);
    assert.equal(without.code, 0, without.stderr);
    assert.match(without.stderr, /first has no pictures. FILE_NOT_FOUND/);
    const page = await readFile(path("moved.html"), "utf8");
    assert.match(page, /class="warning">first has no pictures. FILE_NOT_FOUND/);
    assert.equal(page.match(/<figure class="chart"/g)?.length, 7);
    const found = await run([...args, "--dataset", path("moved", "captions.csv"), "--pictures", "3"]);
    assert.equal(found.code, 0, found.stderr);
    assert.equal((await readFile(path("moved.html"), "utf8")).match(/<li class="picture"/g)?.length, 3);
  } finally {
    await rename(path("moved"), path("data"));
  }
});

test("what is no run, or damaged, is refused with its code, and no report is written", async () => {
  await cp(path("first"), path("damaged"), { recursive: true });
  const log = await readFile(path("first", "log.jsonl"), "utf8");
  await writeFile(path("damaged", "log.jsonl"), log.replace("\n", "\n{\n"));
  const cases: [string, string[], RegExp, number][] = [
    ["no run", [path("data")], /RUN_INVALID.*no run.json/, 2],
    ["a damaged log", [path("first"), path("damaged")], /RUN_INVALID.*log.jsonl is damaged: line 2/, 2],
    ["no such data set", [path("first"), "--dataset", path("nowhere")], /FILE_NOT_FOUND.*nowhere/, 2],
    [
      "an empty split",
      [path("first"), "--dataset", path("data", "captions.csv"), "--split", "test"],
      /DATASET_EMPTY/,
      1,
    ],
    ["no run named", [], /missing required argument/, 2],
  ];
  for (const [name, args, pattern, code] of cases) {
    const result = await run(["report", ...args, "--out", path("refused.html"), "--engine", "wasm"]);
    assert.match(result.stderr, new RegExp(pattern.source, "s"), name);
    assert.equal(result.code, code, `${name}: ${result.stderr}`);
    assert.doesNotMatch(result.stderr, /\n\s+at /, name);
    assert.ok(!(await readdir(folder)).includes("refused.html"), name);
  }
});

test("Ctrl-C leaves no report and no model folder behind", async () => {
  const temporary = path("temporary");
  await mkdir(temporary);
  let pressed = false;
  const stopped = await run(["report", path("first"), "--out", path("stopped.html"), "--engine", "wasm"], {
    env: { SHOWTELL_CACHE: path("cache"), TMPDIR: temporary },
    onStderr: (text, child) => {
      if (!pressed && /captions: /.test(text)) pressed = child.kill("SIGINT");
    },
  });
  assert.equal(stopped.code, 1, stopped.stderr);
  assert.match(stopped.stderr, /error INTERRUPTED/);
  assert.ok((await readdir(folder)).every((name) => !name.startsWith("stopped")));
  assert.deepEqual(await readdir(temporary), []);
});
