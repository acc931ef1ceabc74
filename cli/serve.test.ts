import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { showtell } from "../test/command.js";
import { picture, post, read } from "../test/served.js";
import { writeTinyModel } from "../test/tiny-model.js";

const main = fileURLToPath(new URL("./main.js", import.meta.url));
let folder: string;
let model: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-serve-"));
  model = join(folder, "tiny");
  // Slow enough for requests to be in flight when the signal comes.
  await writeTinyModel(model, { width: 256, height: 256, grid: [32, 32], channels: 64, hidden: 256, vocabulary: 4000 });
});

after(() => rm(folder, { recursive: true, force: true }));

interface Started {
  child: ChildProcess;
  url: string;
  log: Record<string, unknown>[];
  ended: Promise<number | null>;
}

/** The command in a process of its own, once it is ready. */
async function start(args: string[] = []): Promise<Started> {
  const child = spawn(process.execPath, [main, "serve", "--port", "0", "--model", model, "--workers", "1", ...args]);
  const log: Record<string, unknown>[] = [];
  let text = "";
  child.stdout.on("data", (data) => {
    const lines = (text + data).split("\n");
    text = lines.pop() ?? "";
    log.push(...lines.map((line) => JSON.parse(line)));
  });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  for (let i = 0; i < 1200 && !log.some(({ msg }) => msg === "ready"); i++) {
    assert.equal(child.exitCode, null, stderr);
    await sleep(25);
  }
  return { child, url: String(log.find(({ url }) => url)?.url), log, ended };
}

test("SIGTERM: not ready any more, requests in flight are answered, exit code 0", async () => {
  const { child, url, log, ended } = await start(["--drain-delay", "3000"]);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  const pictures = await Promise.all(Array.from({ length: 4 }, () => picture()));
  const answers = pictures.map((bytes) => post(url, bytes));
  child.kill("SIGTERM");
  for (let i = 0; i < 400 && !log.some(({ msg }) => msg === "draining"); i++) await sleep(5);
  const ready = await fetch(`${url}/health/ready`);
  assert.deepEqual([ready.status, ready.headers.get("connection")], [503, "close"]);
  for (const response of await Promise.all(answers)) {
    assert.equal(response.status, 200);
    assert.ok((await read(response)).caption);
  }
  assert.equal(await ended, 0);
  await assert.rejects(fetch(`${url}/health/live`));
});

test("SIGHUP loads a model that was replaced on disk", async () => {
  const { child, url, log, ended } = await start();
  const { version } = (await read(post(url, await picture()))).model;
  await writeTinyModel(join(folder, "next"), { seed: 5 });
  await rename(model, join(folder, "old"));
  await rename(join(folder, "next"), model);
  child.kill("SIGHUP");
  for (let i = 0; i < 800 && !log.some(({ msg }) => msg === "models reloaded"); i++) await sleep(25);
  assert.notEqual((await read(post(url, await picture()))).model.version, version);
  child.kill("SIGTERM");
  assert.equal(await ended, 0);
});

test("settings come from file, environment and flags, the later outweighing; --print-config shows them", async () => {
  const file = join(folder, "settings.json");
  await writeFile(file, JSON.stringify({ port: 1111, queue: 7, cors: ["https://a.example"] }));
  const env = {
    SHOWTELL_PORT: "2222",
    SHOWTELL_QUEUE_WAIT: "99",
    SHOWTELL_CORS: "https://b.example,https://c.example",
    // The folder that training keeps its features in: no setting of the server's.
    SHOWTELL_CACHE: folder,
  };
  const args = ["serve", "--config", file, "--port", "3333", "--print-config", "--model", "a", "--model", "b=c"];
  const { code, stdout, stderr } = await showtell(args, { env });
  assert.equal(code, 0, stderr);
  const { port, queue, queueWait, cors, models, host } = JSON.parse(stdout);
  assert.deepEqual({ port, queue, queueWait, host }, { port: 3333, queue: 7, queueWait: 99, host: "127.0.0.1" });
  assert.deepEqual(cors, ["https://b.example", "https://c.example"]);
  assert.deepEqual(models, ["a", "b=c"]);
});

test("a wrong setting is named with where it was set and why", async () => {
  const file = join(folder, "wrong.json");
  await writeFile(file, JSON.stringify({ queue: "many", depth: 3 }));
  const { code, stderr } = await showtell(["serve", "--config", file, "--port", "70000"], {
    env: { SHOWTELL_LOG_LEVEL: "loud" },
  });
  assert.equal(code, 2);
  assert.match(stderr, /CONFIG_INVALID: .*queue \(.*wrong\.json\).*number/);
  assert.match(stderr, /depth \(.*wrong\.json\): there is no such setting/);
  assert.match(stderr, /port \(flag\)/);
  assert.match(stderr, /logLevel \(environment\)/);
});

test("a port in use and a model that is not there end the command with their codes", async () => {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, "127.0.0.1", () => resolve((taken.address() as { port: number }).port));
  });
  const busy = await showtell(["serve", "--port", String(port), "--model", model, "--log-level", "silent"]);
  assert.deepEqual([busy.code, /PORT_UNAVAILABLE/.test(busy.stderr)], [1, true], busy.stderr);
  taken.close();
  const absent = await showtell(["serve", "--port", "0", "--model", join(folder, "absent"), "--log-level", "silent"]);
  assert.deepEqual([absent.code, /FILE_NOT_FOUND/.test(absent.stderr)], [2, true], absent.stderr);
});

test("--new-key prints a key once and its line, which holds its hash alone", async () => {
  const { code, stdout, stderr } = await showtell(["serve", "--new-key", "web", "--admin"]);
  assert.equal(code, 0);
  const { name, sha256, admin } = JSON.parse(stdout);
  assert.deepEqual([name, admin], ["web", true]);
  const key = /st_[\w-]{43}/.exec(stderr)?.[0] ?? "";
  assert.ok(key && !stdout.includes(key));
  assert.match(sha256, /^[0-9a-f]{64}$/);
});
