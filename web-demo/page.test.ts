import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { loadCaptioner } from "../runtime/node/index.js";
import { findBrowser, Page, type PageOptions } from "../test/browser.js";
import { LOST_TEXT, TEXT_STYLES } from "../test/lost-text.js";
import { type StaticServer, serveStatic } from "../test/static-server.js";
import { SAMPLES } from "../test/web-page.js";
import { type BuiltSite, buildSite } from "./build/page.js";

const browser = findBrowser();
const READY = 'document.getElementById("engine").textContent.startsWith("Ready")';
const DONE = '!document.getElementById("actions").hidden';
const text = (id: string) => `document.getElementById("${id}").textContent`;
const caption = '[...document.querySelectorAll("#words button")].map((word) => word.textContent).join(" ")';

describe("the web demo", { skip: browser ? false : "there is no Chromium" }, () => {
  let folder: string;
  let site: BuiltSite;
  let server: StaticServer;
  let page: Page;
  /** Of the dog, by Node: its sentence without the full stop, and the caption's score. */
  let told: string;
  let score: number;
  const open = (options: PageOptions = {}) => Page.open(browser!, server.url, options);
  const complaints = (of: Page) => of.complaints.filter((line) => !line.includes("No available adapters."));
  const choose = async (...names: string[]) => {
    const paths = names.map((name) => (name.includes("/") ? name : join(SAMPLES, name)));
    await page.chooseFiles("#files", paths);
  };

  before(async () => {
    const node = await loadCaptioner(undefined, { workers: 1, threads: 1 });
    const described = await node.caption(join(SAMPLES, "dog.jpg"));
    await node.close();
    told = described.sentence.replace(/\.$/, "");
    score = described.score;
    folder = await mkdtemp(join(tmpdir(), "showtell-demo-test-"));
    site = await buildSite(join(folder, "site"), { effort: 1 });
    server = await serveStatic({ folders: { "/": site.folder } });
    page = await open();
    await page.until(READY);
  });
  after(async () => {
    await page?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("its own code is small, and a host without headers is isolated by the service worker", async () => {
    assert.ok(site.own < 60 * 1024, `${site.own} bytes gzipped`);
    assert.equal(await page.evaluate("crossOriginIsolated"), true);
    assert.match(
      await page.evaluate<string>(text("engine")),
      /runs on WebAssembly with \d threads?, not on WebGPU: no graphics adapter was found/,
    );
  });

  test("a first visit loads what it is said to, in compressed forms", async () => {
    const unpacks = await page.evaluate<boolean>(`(() => {
      try { return Boolean(new DecompressionStream("brotli")); } catch { return false; }
    })()`);
    const model = `/models/${Object.keys(site.download)[0]}`;
    const graphs = ["tokenizer.json", "encoder.int8.onnx", "decoder.int8.onnx"].map((file) => `${model}/${file}`);
    const runtime = "/showtell/ort-wasm-simd-threaded.wasm.br";
    const expected = unpacks
      ? [...graphs.map((path) => `${path}.br`), runtime]
      : [...graphs.map((path) => `${path}.gz`), runtime, "/showtell/brotli.js", "/showtell/brotli.wasm.gz"];
    const large = server.requests.filter((path) => /\/models\/|brotli|\.wasm/.test(path));
    assert.deepEqual(large.sort(), [...expected, `${model}/model.json`].sort());
    const sizes = await Promise.all(expected.map(async (path) => (await stat(join(site.folder, path))).size));
    const announced = Object.values(site.download)[0]!;
    const rest = (unpacks ? announced.brotli : announced.other) - sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(rest > 0 && rest < 300_000, `${rest} bytes of pages, scripts and pictures`);
  });

  test("a picture that is chosen: words, alternatives, glow by pointer and keys, figures", async () => {
    await choose("dog.jpg");
    await page.until(DONE);
    assert.equal(await page.evaluate(caption), told);
    assert.equal(await page.evaluate(`${text("live")}`), `Caption: ${told}.`);
    assert.equal(await page.evaluate('document.querySelectorAll("#alternatives li").length'), 3);
    assert.equal(await page.evaluate('document.getElementById("photo").alt'), `${told}.`);
    await page.evaluate('document.querySelector("#words button").focus()');
    for (const key of ["ArrowRight", "ArrowRight"]) await page.press(key);
    assert.equal(await page.evaluate("document.activeElement.textContent"), "dog");
    const glow = () =>
      page.evaluate<[boolean, string]>(`(() => {
      const canvas = document.getElementById("glow");
      return [canvas.classList.contains("on"), canvas.toDataURL()];
    })()`);
    const [on, dog] = await glow();
    assert.equal(on, true);
    await page.press("End");
    assert.notEqual((await glow())[1], dog, "another word, another map");
    assert.match(await page.evaluate<string>('document.getElementById("facts").textContent'), /Encoder\d+ ms/);
  });

  test("greedy, the words come as they are written; a sample, too", async () => {
    await page.evaluate(`(() => {
      const beam = document.getElementById("beam");
      beam.value = "1";
      beam.dispatchEvent(new Event("change"));
    })()`);
    await page.until(DONE);
    assert.equal(await page.evaluate('document.getElementById("others").hidden'), true);
    await page.evaluate('document.querySelectorAll("#samples button")[7].click()');
    await page.until(`${DONE} && !${caption}.includes("dog")`);
    assert.ok((await page.evaluate<string>(caption)).split(" ").length > 3);
    await page.evaluate(`(() => { document.getElementById("beam").value = "3"; })()`);
  });

  test("what is no picture is said in a sentence, and the page goes on; a list, exported as CSV and HTML", async () => {
    const broken = join(folder, 'words, "quoted" <b>.jpg');
    await writeFile(broken, "no picture");
    await choose(broken);
    await page.until('!document.getElementById("notice").hidden');
    assert.match(await page.evaluate<string>(text("notice")), /cannot be read as a picture/);
    await choose("dog.jpg", "photographer.jpg");
    await page.until(
      `document.querySelectorAll("#entries li").length === 5 && !${text("entries")}.includes("waiting")`,
    );
    await page.evaluate(`(() => {
      globalThis.saved = [];
      URL.createObjectURL = (blob) => { saved.push(blob); return "#"; };
      for (const id of ["export-csv", "export-html", "save"]) document.getElementById(id).click();
    })()`);
    await page.until("saved.length === 3");
    const [csv, html] = await page.evaluate<string[]>("Promise.all(saved.slice(0, 2).map((blob) => blob.text()))");
    const rows = csv!.trimEnd().split("\r\n");
    assert.equal(rows[0], "image,caption,score,error");
    assert.match(rows[3]!, /^"words, ""quoted"" <b>\.jpg",,,"?This file cannot be read/);
    const [name, sentence, written, error] = rows[4]!.split(",");
    assert.deepEqual([name, sentence, error], ["dog.jpg", `${told}.`, ""]);
    // Products of bytes add up otherwise here than in Node.
    assert.ok(Math.abs(Number(written) - score) < 0.05, `${written} for ${score}`);
    assert.ok(html!.includes(`<img src="dog.jpg" alt="${told}.">`));
    assert.ok(!html!.includes("<b>"));
    const png = await page.evaluate<string>(`saved[2].arrayBuffer().then((bytes) =>
      btoa(String.fromCharCode.apply(null, new Uint8Array(bytes).subarray(0, 24))))`);
    const header = Buffer.from(png, "base64");
    assert.equal(header.toString("latin1", 1, 4), "PNG");
    assert.ok(header.readUInt32BE(16) > 900, "as wide as several tiles");
  });

  test("pasted and dropped pictures; a drop that is no file is said", async () => {
    await page.evaluate('document.getElementById("clear").click()');
    for (const type of ["paste", "drop"]) {
      await page.evaluate(`(async () => {
        const blob = await (await fetch("samples/dog.jpg")).blob();
        const data = new DataTransfer();
        data.items.add(new File([blob], "${type}.jpg", { type: "image/jpeg" }));
        const made = "${type}" === "paste" ? new ClipboardEvent("paste", { clipboardData: data })
          : new DragEvent("drop", { dataTransfer: data, cancelable: true });
        document.dispatchEvent(made);
      })()`);
      await page.until(`${DONE} && ${caption} === "${told}"`);
    }
    await page.evaluate('document.dispatchEvent(new DragEvent("drop", { dataTransfer: new DataTransfer() }))');
    assert.match(await page.evaluate<string>(text("notice")), /no picture file/);
  });

  test("a camera that is refused is said in a sentence", async () => {
    await page.evaluate('document.getElementById("camera-open").click()');
    await page.until('!document.getElementById("notice").hidden');
    await page.until(`/camera/i.test(${text("notice")})`);
  });

  test("a picture from the camera", async () => {
    const flags = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];
    const filmed = await open({ flags });
    try {
      await filmed.until(READY);
      await filmed.evaluate('document.getElementById("camera-open").click()');
      await filmed.until(
        'document.getElementById("camera-video").videoWidth > 0 && document.getElementById("camera").open',
      );
      await filmed.evaluate('document.getElementById("camera-take").click()');
      await filmed.until(DONE);
      assert.equal(await filmed.evaluate('document.getElementById("camera").open'), false);
      assert.equal(
        await filmed.evaluate('document.getElementById("camera-video").srcObject'),
        null,
        "the camera is off",
      );
      assert.deepEqual(complaints(filmed), []);
    } finally {
      await filmed.close();
    }
  });

  test("axe finds nothing: with and without a caption, light and dark, wide and 320 pixels wide", async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    const audit = async (of: Page) => {
      await of.evaluate(`${axe}; undefined`);
      const found = await of.evaluate<
        { id: string; nodes: string[] }[]
      >(`axe.run(document, { resultTypes: ["violations"] })
        .then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })))`);
      assert.deepEqual(found, []);
    };
    await page.evaluate('document.getElementById("settings").open = true');
    await audit(page);
    const narrow = await open({ width: 320, height: 900, dark: true });
    try {
      await narrow.until(READY);
      await audit(narrow);
      await narrow.evaluate('document.querySelectorAll("#samples button")[2].click()');
      await narrow.until(DONE);
      await audit(narrow);
      assert.ok(
        await narrow.evaluate("document.documentElement.scrollWidth <= innerWidth"),
        "nothing to scroll sideways",
      );
      assert.deepEqual(complaints(narrow), []);
    } finally {
      await narrow.close();
    }
  });

  test("nothing is lost at 320 pixels, zoomed to 200 %, with larger or spaced text, light and dark", async () => {
    await page.evaluate('document.getElementById("settings").open = true');
    try {
      for (const [width, scale] of [
        [320, 4],
        [640, 2],
        [1280, 1],
      ] as const) {
        for (const dark of [false, true]) {
          await page.emulate({ width, height: 900, dark, scale });
          for (const [name, css] of Object.entries(TEXT_STYLES)) {
            const lost = await page.evaluate<string[]>(`(() => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(${JSON.stringify(css)});
              document.adoptedStyleSheets = [sheet];
              const lost = ${LOST_TEXT};
              document.adoptedStyleSheets = [];
              return lost;
            })()`);
            assert.deepEqual(lost, [], `${width} pixels, ${dark ? "dark" : "light"}, ${name}`);
          }
        }
      }
    } finally {
      await page.emulate({ width: 1280, height: 900, dark: false });
    }
  });

  test("a second visit works without a network", async () => {
    assert.deepEqual(complaints(page), []);
    const port = Number(new URL(server.url).port);
    await server.close();
    await page.go(server.url);
    await page.until(READY);
    await choose("dog.jpg");
    await page.until(DONE);
    assert.equal(await page.evaluate(caption), told);
    server = await serveStatic({ folders: { "/": site.folder }, port });
  });

  test("without a network at the first visit, loading can be tried again", async () => {
    server.intercept = (request, response) => {
      const model = request.url?.includes("/models/") ?? false;
      if (model) response.destroy();
      return model;
    };
    const fresh = await open();
    try {
      await fresh.until('!document.getElementById("retry").hidden');
      assert.match(await fresh.evaluate<string>(text("loading-label")), /could not be downloaded/);
      server.intercept = undefined;
      await fresh.evaluate('document.getElementById("retry").click()');
      await fresh.until(READY);
    } finally {
      await fresh.close();
    }
  });

  test("what installing it asks for is there", async () => {
    const manifest = JSON.parse(await readFile(join(site.folder, "manifest.webmanifest"), "utf8"));
    for (const { src, sizes } of manifest.icons.filter(({ type }: { type: string }) => type === "image/png")) {
      const { width } = await sharp(join(site.folder, src)).metadata();
      assert.equal(`${width}x${width}`, sizes);
    }
    assert.equal(manifest.display, "standalone");
  });
});
