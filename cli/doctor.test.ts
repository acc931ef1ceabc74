import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { showtell } from "../test/command.js";

const cache = mkdtempSync(join(tmpdir(), "showtell-doctor-"));
after(() => rmSync(cache, { recursive: true, force: true }));

interface Report {
  ok: boolean;
  machine: { node: { version: string }; cpu: { threads: number }; memory: { totalBytes: number } };
  engines: { name: string; usable: boolean; reason?: string; gigaflops?: number }[];
  providers: { name: string; usable: boolean; reason?: string }[];
  images: { formats: { name: string; readable: boolean }[] };
  models: { name: string; ok: boolean }[];
  cache: { folder: string; freeBytes: number };
}

test("doctor tries engines, providers and formats for real and says what is missing", async () => {
  const env = { SHOWTELL_CACHE: cache };
  const [text, json] = await Promise.all([showtell(["doctor"], { env }), showtell(["doctor", "--json"], { env })]);
  const report = JSON.parse(json.stdout) as Report;
  assert.equal(json.stderr, "");
  assert.equal(json.code, report.ok ? 0 : 1);
  assert.equal(report.machine.node.version, process.versions.node);
  assert.ok(report.machine.cpu.threads >= 1 && report.machine.memory.totalBytes > 1e8);
  assert.deepEqual(
    report.engines.map(({ name }) => name),
    ["cuda", "node", "wasm", "cpu"],
  );
  for (const { name, usable, reason, gigaflops } of report.engines) {
    if (name === "wasm" || name === "cpu") assert.equal(usable, true, reason);
    assert.ok(usable ? gigaflops !== undefined && gigaflops > 0 : reason, name);
  }
  assert.deepEqual(report.providers[0], { name: "cpu", usable: true });
  for (const { usable, reason } of report.providers) assert.ok(usable || reason);
  assert.ok(report.images.formats.every(({ readable }) => readable));
  assert.equal(report.cache.folder, cache);
  assert.ok(report.cache.freeBytes > 0);

  assert.equal(text.code, json.code);
  assert.match(text.stdout, /ok {2}wasm.*GFLOP\/s/);
  if (!report.engines[1].usable) assert.match(text.stdout, /--? {2}node.*not installed/);
  assert.match(text.stdout, report.ok ? /Everything needed works/ : /Not in order/);
});
