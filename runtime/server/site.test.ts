import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withFiles } from "../../test/files-on-disk.js";
import { withServer } from "../../test/served.js";

test("static files are served at / with what WebAssembly's threads need, and nothing beside their folder", async () => {
  const files = { "site/index.html": "<p>demo", "site/a.wasm": "x", "site/.hidden": "x", "secret.txt": "x" };
  await withFiles(files, async (folder) => {
    await withServer({ config: { site: join(folder, "site") } }, async ({ url }) => {
      const page = await fetch(url);
      assert.equal(await page.text(), "<p>demo");
      assert.equal(page.headers.get("cross-origin-opener-policy"), "same-origin");
      assert.equal(page.headers.get("cross-origin-embedder-policy"), "require-corp");
      assert.match(page.headers.get("content-security-policy") ?? "", /'wasm-unsafe-eval'/);
      assert.equal((await fetch(`${url}/a.wasm`)).headers.get("content-type"), "application/wasm");
      for (const path of ["/.hidden", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/none"]) {
        assert.equal((await fetch(url + path)).status, 404, path);
      }
      assert.equal((await fetch(`${url}/health/ready`)).status, 200, "the server's own paths come first");
    });
  });
});
