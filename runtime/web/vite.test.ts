import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { packageRoot } from "../../files/package-root.js";
import { findBrowser, Page } from "../../test/browser.js";
import { serveStatic } from "../../test/static-server.js";
import { POLICY, SAMPLES } from "../../test/web-page.js";
import { loadCaptioner, resolveModel } from "../node/index.js";

/** Installed here in a folder of its own: too large to be every contributor's dependency. */
const VITE = "vite@8.3.8";
const APP = `
import { loadCaptioner } from "showtell/web";
const captioner = await loadCaptioner("model", { device: "wasm" });
const picture = await (await fetch("samples/dog.jpg")).blob();
globalThis.caption = await captioner.caption(picture);
`;
const HTML =
  '<!doctype html><title>app</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script>';

test("the packed package in an application built by Vite, under a strict policy: the words that Node writes", async (t) => {
  const browser = findBrowser();
  if (!browser) return t.skip("there is no Chromium");
  const folder = await mkdtemp(join(tmpdir(), "showtell-vite-test-"));
  try {
    if (!(await install(t, folder))) return;
    await writeFile(join(folder, "index.html"), HTML);
    await writeFile(join(folder, "app.js"), APP);
    const vite = join(folder, "node_modules", "vite", "bin", "vite.js");
    const built = spawnSync(process.execPath, [vite, "build"], { cwd: folder, encoding: "utf8" });
    assert.equal(built.status, 0, built.stdout + built.stderr);
    assert.doesNotMatch(built.stderr, /warn/i);
    const server = await serveStatic({
      folders: { "/": join(folder, "dist"), "/model": resolveModel(), "/samples": SAMPLES },
      headers: { "Content-Security-Policy": POLICY },
    });
    const page = await Page.open(browser, server.url);
    try {
      await page.until("globalThis.caption", 120);
      const node = await loadCaptioner(undefined, { workers: 1, threads: 1 });
      const { words } = await node.caption(join(SAMPLES, "dog.jpg"));
      await node.close();
      assert.deepEqual(await page.evaluate("caption.words"), words);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.close();
      await server.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Vite from the registry, and the package as `npm pack` gives it. False, and the test left out, where there is no registry. */
async function install(t: TestContext, folder: string): Promise<boolean> {
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", VITE];
  const npm = spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (npm.status !== 0) {
    assert.match(npm.stderr, /ENOTFOUND|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ETIMEDOUT|ENETUNREACH/, npm.stderr);
    t.skip(`${VITE} cannot be had: no registry is reachable`);
    return false;
  }
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: packageRoot(),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "showtell"));
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", join(modules, "showtell"), "--strip-components=1"]);
  for (const name of ["zod", "onnxruntime-web"]) {
    await symlink(join(packageRoot(), "node_modules", name), join(modules, name));
  }
  return true;
}
