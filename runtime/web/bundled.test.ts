import assert from "node:assert/strict";
import { copyFile, cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { packageRoot } from "../../files/package-root.js";
import { findBrowser, Page } from "../../test/browser.js";
import { serveStatic } from "../../test/static-server.js";
import { writeTinyModel } from "../../test/tiny-model.js";
import { SAMPLES } from "../../test/web-page.js";

const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
const APP = `
import { loadCaptioner } from "showtell/web";
const captioner = await loadCaptioner("tiny", { device: "wasm" });
const picture = await (await fetch("samples/dog.jpg")).blob();
document.title = "words: " + (await captioner.caption(picture)).words.length;
`;

test("bundled with an application, under a strict policy sent with every file", async (t) => {
  const browser = findBrowser();
  if (!browser) return t.skip("there is no Chromium");
  const folder = await mkdtemp(join(tmpdir(), "showtell-bundled-test-"));
  try {
    const installed = join(folder, "node_modules", "showtell");
    await mkdir(installed, { recursive: true });
    await copyFile(join(packageRoot(), "package.json"), join(installed, "package.json"));
    await symlink(fileURLToPath(new URL("../../", import.meta.url)), join(installed, "dist"));
    await writeFile(join(folder, "app.js"), APP);
    await build({
      entryPoints: ["app.js", "showtell/web/wasm-worker", "showtell/web/webgpu-worker"].map((name, i) => {
        return { in: i === 0 ? join(folder, name) : name, out: ["app", "wasm-worker", "webgpu-worker"][i]! };
      }),
      absWorkingDir: folder,
      outdir: join(folder, "out"),
      bundle: true,
      format: "esm",
      logLevel: "error",
    });
    const binary = "ort-wasm-simd-threaded.wasm";
    await cp(join(packageRoot(), "node_modules/onnxruntime-web/dist", binary), join(folder, "out", binary));
    await writeTinyModel(join(folder, "tiny"));
    const page =
      '<!doctype html><title>-</title><link rel="icon" href="data:,"><script type="module" src="app.js"></script>';
    const server = await serveStatic({
      folders: { "/": join(folder, "out"), "/tiny": join(folder, "tiny"), "/samples": SAMPLES },
      texts: { "/page": page },
      headers: { "Content-Security-Policy": POLICY },
    });
    const opened = await Page.open(browser, `${server.url}page`);
    try {
      await opened.until('document.title.startsWith("words: ")');
      assert.deepEqual(opened.complaints, []);
    } finally {
      await opened.close();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
