import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../files/package-root.js";
import { resolveModel } from "../runtime/node/index.js";
import { bundleRuntime } from "../web-demo/build/runtime.js";
import { Page, type PageOptions } from "./browser.js";
import { type StaticServer, serveStatic } from "./static-server.js";
import { writeTinyModel } from "./tiny-model.js";

export const SAMPLES = join(packageRoot(), "samples");

/** What a page needs that runs onnxruntime-web, and no more. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src 'self' blob: data:";
const ISOLATION = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
const HTML =
  '<!doctype html><title>test</title><link rel="icon" href="data:,"><script type="module" src="page.js"></script>';
/** `failure` turns what a promise rejects with into data. */
const SCRIPT = `
import * as showtell from "./showtell/index.js";
globalThis.failure = (promise) => promise.then(() => null, ({ name, code, message }) => ({ name, code, message }));
globalThis.sample = async (name) => (await fetch("samples/" + name)).blob();
globalThis.showtell = showtell;
`;

/** A page with `showtell` as a plain module script loaded it, the shipped model at model/ and a tiny one at tiny/. */
export interface WebPage {
  page: Page;
  server: StaticServer;
  folder: string;
  close(): Promise<void>;
}

export async function openWebPage(
  browser: string,
  options: PageOptions & { isolated?: boolean } = {},
): Promise<WebPage> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-web-test-"));
  await bundleRuntime(join(folder, "showtell"));
  await writeTinyModel(join(folder, "tiny"));
  const server = await serveStatic({
    folders: {
      "/showtell": join(folder, "showtell"),
      "/tiny": join(folder, "tiny"),
      "/samples": SAMPLES,
      "/model": resolveModel(),
    },
    texts: { "/page": HTML, "/page.js": SCRIPT },
    headers: { "Content-Security-Policy": POLICY, ...(options.isolated ? ISOLATION : {}) },
  });
  const page = await Page.open(browser, `${server.url}page`, options);
  await page.until("globalThis.showtell");
  return {
    page,
    server,
    folder,
    async close() {
      await page.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
