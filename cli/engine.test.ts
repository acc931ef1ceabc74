import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { showtell } from "../test/command.js";

const cache = mkdtempSync(join(tmpdir(), "showtell-engine-"));
const engines = join(cache, "engine");
after(() => rmSync(cache, { recursive: true, force: true }));

const engine = (args: string[], env: Record<string, string> = {}, onStderr?: (text: string) => void) =>
  showtell(["engine", ...args], { env: { SHOWTELL_CACHE: cache, npm_config_fetch_retries: "0", ...env }, onStderr });
const skip = process.platform === "linux" && process.arch === "x64" ? false : "the native engine is for Linux x64";

test("status and remove where nothing is installed", async () => {
  const status = await engine(["status"]);
  assert.deepEqual([status.code, status.stderr], [0, ""]);
  assert.match(status.stdout, /No native engine is installed in .*engine/);
  assert.deepEqual(JSON.parse((await engine(["status", "--json"])).stdout), { folder: engines, installed: [] });
  assert.deepEqual(JSON.parse((await engine(["remove", "--json"])).stdout), { removed: [] });
  assert.match((await engine(["remove"])).stdout, /none to remove/);
});

test("remove takes away every engine, half-made ones too", async () => {
  for (const name of ["cpu-tf0-0", ".installing-1-0"]) {
    mkdirSync(join(engines, name), { recursive: true });
    writeFileSync(join(engines, name, "file"), "");
  }
  const { code, stdout } = await engine(["remove", "--json"]);
  assert.equal(code, 0);
  assert.equal(JSON.parse(stdout).removed.length, 2);
  assert.ok(!existsSync(engines));
});

test("no way to the registry: the code, the reason, nothing left", { skip }, async () => {
  const { code, stdout, stderr } = await engine(["install"], { npm_config_registry: "http://127.0.0.1:9" });
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /error DOWNLOAD_FAILED: @tensorflow\/tfjs-node/);
  assert.ok(!/\n +at /.test(stderr), "no stack trace");
  assert.deepEqual(readdirSync(engines), []);
});

test("Ctrl-C in the middle: INTERRUPTED, nothing left", { skip }, async () => {
  let child: { kill(signal: NodeJS.Signals): void } | undefined;
  const server = createServer(() => child?.kill("SIGINT")); // It never answers.
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const { code, stderr } = await showtell(["engine", "install"], {
      env: { SHOWTELL_CACHE: cache, npm_config_registry: registry },
      onStderr: (_, started) => {
        child = started;
      },
    });
    assert.equal(code, 1);
    assert.match(stderr, /error INTERRUPTED/);
    assert.deepEqual(readdirSync(engines), []);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
