import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cannotMount, onSmallDisk } from "../test/small-disk.js";
import { writeFileAtomic } from "./atomic.js";

const temporary = () => mkdtempSync(join(tmpdir(), "showtell-files-"));

test("writes text, bytes and parts, making the folders above", async () => {
  const folder = temporary();
  const file = join(folder, "a", "b", "file");
  await writeFileAtomic(file, "text");
  await writeFileAtomic(file, [Buffer.from("in "), Buffer.from("parts")]);
  assert.equal(readFileSync(file, "utf8"), "in parts");
  assert.deepEqual(readdirSync(join(folder, "a", "b")), ["file"]);
  rmSync(folder, { recursive: true });
});

test("a full disk is DISK_FULL, the old content stays and nothing half-written is left", {
  skip: await cannotMount(),
}, async () => {
  await onSmallDisk(256, async ({ folder }) => {
    const file = join(folder, "file");
    await writeFileAtomic(file, "old");
    await assert.rejects(writeFileAtomic(file, new Uint8Array(1 << 20)), { code: "DISK_FULL" });
    assert.equal(readFileSync(file, "utf8"), "old");
    assert.deepEqual(readdirSync(folder), ["file"]);
  });
});

test("a writer killed at any moment leaves the old content or the new, never a part", async () => {
  const folder = temporary();
  const file = join(folder, "file");
  await writeFileAtomic(file, "x".repeat(3_000_000));
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(fileURLToPath(new URL("./atomic.js", import.meta.url)))};
    for (let i = 0; ; i++) await writeFileAtomic(${JSON.stringify(file)}, String(i % 10).repeat(3_000_000));
  `;
  for (const timeout of [400, 450, 500, 550]) {
    spawnSync(process.execPath, ["--input-type=module", "-e", script], { timeout, killSignal: "SIGKILL" });
    const content = readFileSync(file, "utf8");
    assert.equal(content, content[0].repeat(3_000_000));
  }
  rmSync(folder, { recursive: true });
});
