import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { removeLeftovers } from "./leftovers.js";

test("half-written files of killed processes go, those of running ones and all others stay", async () => {
  const folder = await mkdtemp(join(tmpdir(), "showtell-leftovers-"));
  try {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await mkdir(join(folder, "below"));
    const kept = ["run.json", "notes.tmp", `run.json.${process.pid}.0123abcd.tmp`, "below/x.1.zzzzzzzz.tmp"];
    const gone = [`run.json.${pid}.0123abcd.tmp`, `below/last.${pid}.89abcdef.tmp`];
    for (const file of [...kept, ...gone]) await writeFile(join(folder, file), "");
    await removeLeftovers(folder);
    assert.deepEqual((await readdir(folder, { recursive: true })).sort(), ["below", ...kept].sort());
    await removeLeftovers(join(folder, "not there"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
