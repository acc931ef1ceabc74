import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { textTable } from "../cli/table.js";
import { resolveModel } from "../runtime/node/index.js";
import { seeded } from "../test/random-decoder.js";
import { metric, startServer } from "./serve/command.js";
import { childrenOf, type Held, heldBy } from "./serve/processes.js";
import { mixedRequests, Outcomes } from "./serve/soak-requests.js";
import { median, slope } from "./serve/trend.js";

// The server under mixed load for a long time: captions in every form, streams, tensors, clients that leave, hostile
// requests; a model replaced on disk and a worker killed six times each. Ends with a table and a verdict, exit code 1 if
// memory or handles grow or an answer is not as it must be. Linux alone.
// npm run bench:soak -- [--minutes 30] [--rate 5] [--workers 2] [--model DIR] [--seed 1]

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    rate: { type: "string", default: "5" },
    workers: { type: "string", default: "2" },
    model: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});
if (process.platform !== "linux") throw new Error("Memory and handles are read from /proc, which Linux has.");
const [duration, rate, workers] = [Number(flags.minutes) * 60_000, Number(flags.rate), Number(flags.workers)];
const DISTURBANCES = 12;
const SAMPLES = 60;
/** Requests in flight beyond which no further one is sent: the load is a rate, not a flood. */
const MOST_IN_FLIGHT = 64;
/**
 * Growth over the second half that is still called flat: a share of the median of memory in use, one of what the process holds,
 * which its allocator gives back late where a model was replaced, and handles.
 */
const FLAT = { memory: 0.08, held: 0.2, handles: 3 };

interface Sample {
  /** Minutes since the start. */
  at: number;
  server: Held;
  /** Undefined while one of them is being replaced. */
  workers?: Held;
  /** Event-loop lag since the last sample, p99 in milliseconds. */
  lag: number;
  /** Bytes of the server's heap and of the buffers that hang on it. */
  used: number;
  requests: number;
}

const folder = await mkdtemp(join(tmpdir(), "showtell-soak-"));
const model = join(folder, "model");
await cp(resolveModel(flags.model), model, { recursive: true });
const threads = ["--workers", flags.workers, "--threads", flags.workers];
const server = await startServer(["--model", `soak=${model}`, ...threads, "--body-time", "1000"]);
const pid = server.child.pid ?? 0;
const random = seeded(Number(flags.seed));
const outcomes = new Outcomes();
const { next } = await mixedRequests(server.url, random, outcomes);
const started = performance.now();
const elapsed = () => performance.now() - started;
let [kills, reloads, heldBack] = [0, 0, 0];

/** Replaces the model on disk by the same one under another version, and lets the server load it. */
async function replaceModel(): Promise<void> {
  const fresh = join(folder, "fresh");
  await cp(model, fresh, { recursive: true });
  const manifest = JSON.parse(await readFile(join(fresh, "model.json"), "utf8")) as { description: string };
  await writeFile(join(fresh, "model.json"), JSON.stringify({ ...manifest, description: `Copy ${++reloads}.` }));
  await rename(model, join(folder, "stale"));
  await rename(fresh, model);
  server.child.kill("SIGHUP");
  await rm(join(folder, "stale"), { recursive: true });
}

function killWorker(): void {
  const children = childrenOf(pid);
  const victim = children[Math.floor(random() * children.length)];
  if (victim === undefined) return;
  kills++;
  process.kill(victim, "SIGKILL");
}

async function disturb(): Promise<void> {
  for (let i = 0; i < DISTURBANCES; i++) {
    await sleep(Math.max(0, ((i + 0.5) * duration) / DISTURBANCES - elapsed()));
    if (i % 2 === 0) await replaceModel();
    else killWorker();
  }
}

async function sendAtRate(): Promise<void> {
  const flying = new Set<Promise<void>>();
  for (let i = 0; elapsed() < duration; i++) {
    await sleep(Math.max(0, (i * 1000) / rate - elapsed()));
    if (flying.size >= MOST_IN_FLIGHT) {
      heldBack++;
      continue;
    }
    const request = next().finally(() => flying.delete(request));
    flying.add(request);
  }
  await Promise.all(flying);
}

/** Bytes of the server's heap and of the buffers that hang on it. */
async function usedMemory(): Promise<number> {
  const names = ["nodejs_heap_size_used_bytes", "nodejs_external_memory_bytes"];
  const parts = await Promise.all(names.map((name) => metric(server.url, name)));
  return parts.reduce((sum, bytes) => sum + bytes, 0);
}

async function takeSample(): Promise<Sample> {
  const lag = (await metric(server.url, "nodejs_eventloop_lag_p99_seconds")) * 1000;
  const children = childrenOf(pid);
  return {
    at: elapsed() / 60_000,
    server: heldBy([pid]),
    ...(children.length === workers && { workers: heldBy(children) }),
    lag,
    used: await usedMemory(),
    requests: outcomes.total,
  };
}

const samples: Sample[] = [];
async function watch(): Promise<void> {
  for (let i = 1; i <= SAMPLES; i++) {
    await sleep(Math.max(0, (i * duration) / SAMPLES - elapsed()));
    const sample = await takeSample();
    samples.push(sample);
    process.stderr.write(`${JSON.stringify(sample)}\n`);
  }
}

await Promise.all([sendAtRate(), disturb(), watch()]);
await sleep(7000); // connections that are kept alive end
const [queued, bodies] = [
  await metric(server.url, "showtell_queue_length"),
  await metric(server.url, "showtell_body_bytes"),
];
const restarts = await metric(server.url, "showtell_worker_restarts");
await server.stop();
await rm(folder, { recursive: true, force: true });

const faults = [...outcomes.unexpected].map(([name, count]) => `${name} x ${count}`);
const half = samples.filter(({ at }) => at >= (samples.at(-1)?.at ?? 0) / 2);
function judge(
  name: string,
  read: (sample: Sample) => number | undefined,
  flat: (median: number) => number,
  unit: string,
) {
  const points = half.flatMap((sample) => {
    const value = read(sample);
    return value === undefined ? [] : [{ at: sample.at, value }];
  });
  const middle = median(points.map(({ value }) => value));
  const span = (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
  const growth = slope(points) * span;
  const isFlat = growth <= flat(middle);
  if (!isFlat) faults.push(`${name} grew by ${growth.toFixed(1)} ${unit} in ${span.toFixed(1)} minutes`);
  return [
    name,
    `${middle.toFixed(0)} ${unit}`,
    `${growth >= 0 ? "+" : ""}${growth.toFixed(1)} ${unit}`,
    isFlat ? "flat" : "GROWS",
  ];
}
const share = (middle: number) => middle * FLAT.memory;
const verdicts = [
  judge("memory used by the server", ({ used }) => used / 1e6, share, "MB"),
  judge(
    "memory held by the server",
    ({ server }) => server.memory / 1e6,
    (middle) => middle * FLAT.held,
    "MB",
  ),
  judge("memory held by its workers", ({ workers }) => workers && workers.memory / 1e6, share, "MB"),
  judge(
    "handles of the server",
    ({ server }) => server.handles,
    () => FLAT.handles,
    "handles",
  ),
  judge(
    "handles of its workers",
    ({ workers }) => workers?.handles,
    () => FLAT.handles,
    "handles",
  ),
  judge(
    "threads of the server",
    ({ server }) => server.threads,
    () => FLAT.handles,
    "threads",
  ),
];
if (restarts > kills) faults.push(`${restarts} workers were lost, ${kills} of them killed`);
if (queued !== 0 || bodies !== 0) faults.push(`${queued} images and ${bodies} bytes of bodies are left in the end`);
if (server.child.exitCode !== 0) faults.push(`the server ended with ${server.child.exitCode}`);

const every = Math.ceil(samples.length / 10);
const rows = samples
  .filter((_, i) => (i + 1) % every === 0)
  .map(({ at, server, workers, lag, requests }) => [
    at.toFixed(1),
    String(requests),
    (server.memory / 1e6).toFixed(0),
    workers ? (workers.memory / 1e6).toFixed(0) : "",
    String(server.handles),
    workers ? String(workers.handles) : "",
    lag.toFixed(0),
  ]);
const header = ["minute", "requests", "server MB", "workers MB", "handles", "of workers", "lag p99 ms"];
process.stdout.write(`${textTable(header, rows)}\n\n`);
process.stdout.write(`${textTable(["second half", "median", "growth", ""], verdicts)}\n\n`);
for (const [name, count] of [...outcomes.counts].sort()) process.stdout.write(`${name} x ${count}\n`);
process.stdout.write(
  `${outcomes.total} requests in ${flags.minutes} minutes, ${heldBack} not sent; ${reloads} models replaced, ${kills} workers killed\n`,
);
for (const fault of faults) process.stdout.write(`FAULT: ${fault}\n`);
process.stdout.write(faults.length === 0 ? "passed\n" : "FAILED\n");
process.exitCode = faults.length === 0 ? 0 : 1;
