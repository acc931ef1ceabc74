import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { seeded } from "../random-decoder.js";
import { picture, post, read } from "../served.js";
import { writeTinyModel } from "../tiny-model.js";
import { exchange, FINE, type Outcome } from "./exchange.js";
import { attacks } from "./requests.js";

/** SHOWTELL_HOSTILE_REQUESTS=10000 sends more of them, SHOWTELL_HOSTILE_SEED=N others. */
const COUNT = Number(process.env.SHOWTELL_HOSTILE_REQUESTS ?? 1200);
const SEED = Number(process.env.SHOWTELL_HOSTILE_SEED ?? 1);
const AT_ONCE = 8;
/** What no more memory may have grown by than: what requests hold for a moment, and what the allocator keeps. */
const GROWTH = 150e6;

const main = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

async function withCommand(use: (url: string, alive: () => boolean) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-hostile-"));
  await writeTinyModel(join(folder, "tiny"));
  const limits = ["--max-body-bytes", "300000", "--max-image-bytes", "200000", "--body-time", "500"];
  const args = ["serve", "--port", "0", "--model", join(folder, "tiny"), "--workers", "1", ...limits];
  const child = spawn(process.execPath, [main, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  let log = "";
  child.stdout.on("data", (data) => {
    if (log.length < 100_000) log += data;
  });
  try {
    for (let i = 0; i < 1200 && !/"msg":"ready"/.test(log); i++) await sleep(25);
    await use(/"url":"([^"]+)"/.exec(log)?.[1] ?? "", () => child.exitCode === null);
    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  } finally {
    child.kill("SIGKILL");
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}

test(`${COUNT} hostile requests: no crash, no 500, no worker lost, memory flat`, { timeout: 600_000 }, async (t) => {
  const kinds = await attacks();
  const random = seeded(SEED);
  await withCommand(async (url, alive) => {
    const port = Number(new URL(url).port);
    const bytes = await picture();
    const expected = await read(post(url, bytes));
    const counts = new Map<string, Map<Outcome, number>>();
    let next = 0;
    const attacker = async (until: number) => {
      while (next < until) {
        const kind = kinds[next++ % kinds.length];
        if (!kind) return;
        const outcome = await exchange(port, kind.make(random));
        assert.ok(alive(), `${kind.name} ended the server`);
        assert.ok(FINE.has(outcome), `${kind.name} got ${outcome}`);
        const tally = counts.get(kind.name) ?? new Map<Outcome, number>();
        tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
        counts.set(kind.name, tally);
      }
    };
    const attack = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => attacker(until)));
    // The first part fills the allocator's pools.
    await attack(COUNT / 3);
    const before = await metric(url, "process_resident_memory_bytes");
    await attack(COUNT);
    const after = await metric(url, "process_resident_memory_bytes");
    assert.ok(after - before < GROWTH, `memory grew from ${before} to ${after}`);
    assert.equal(await metric(url, "showtell_worker_restarts"), 0);
    assert.equal(await metric(url, "showtell_queue_length"), 0);
    for (let i = 0; i < 100 && (await metric(url, "showtell_body_bytes")) > 0; i++) await sleep(50);
    assert.equal(await metric(url, "showtell_body_bytes"), 0, "every body was let go");
    const { caption, score } = await read(post(url, bytes));
    assert.deepEqual([caption, score], [expected.caption, expected.score], "it does what it did before");
    for (const [name, tally] of counts)
      t.diagnostic(`${name}: ${[...tally].map((pair) => pair.join(" x ")).join(", ")}`);
  });
});
