import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "esbuild";
import { packageRoot } from "../files/package-root.js";
import { findBrowser, Page } from "./browser.js";
import { serveStatic } from "./static-server.js";

const browser = findBrowser();

/** Converts a model with seeded weights; the same text runs in Node and, bundled, in the browser. */
const APP = `
import * as tf from "@tensorflow/tfjs";
import { convert } from "showtell/converter";

export async function converted() {
  await tf.setBackend("cpu");
  const seeded = (seed) => tf.initializers.heNormal({ seed });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: "relu", kernelInitializer: seeded(1), name: "conv" }),
      tf.layers.globalAveragePooling2d({ name: "pool" }),
      tf.layers.dense({ units: 5, activation: "softmax", kernelInitializer: seeded(2), name: "dense" }),
    ],
  });
  return Array.from((await convert(model, { name: "small" })).bytes());
}

export const pathFailure = () => convert("model.json").then(() => "converted", (error) => String(error));
globalThis.app = { converted, pathFailure };
`;

/** Below the package, so that `showtell` and its dependencies are found as a user's bundler finds them. */
async function ignoredFolder(): Promise<string> {
  const folder = join(packageRoot(), ".build");
  await mkdir(folder, { recursive: true });
  return folder;
}

test("bundled for a browser, the converter gives there the very bytes that it gives in Node", {
  skip: browser ? false : "there is no Chromium",
}, async () => {
  const folder = await mkdtemp(join(await ignoredFolder(), "bundle-"));
  const site = await mkdtemp(join(tmpdir(), "showtell-bundle-"));
  try {
    const source = join(folder, "app.mjs");
    await writeFile(source, APP);
    await build({
      entryPoints: [source],
      bundle: true,
      format: "esm",
      platform: "browser",
      outfile: join(site, "app.js"),
    });
    const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="app.js"></script>';
    const server = await serveStatic({ folders: { "/": site }, texts: { "/page": html } });
    const page = await Page.open(browser!, `${server.url}page`);
    try {
      await page.until("globalThis.app");
      const there = await page.evaluate<number[]>("app.converted()");
      const { converted } = (await import(source)) as { converted(): Promise<number[]> };
      assert.deepEqual(there, await converted());
      assert.ok(there.length > 1000, `${there.length} bytes`);
      assert.match(await page.evaluate<string>("app.pathFailure()"), /Node|path|file/i);
    } finally {
      await page.close();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
    await rm(site, { recursive: true, force: true });
  }
});
