import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { textTable } from "../cli/table.js";
import { metric, sendLoad, startServer } from "./serve/command.js";
import { quantile, smallJpegs } from "./serve/images.js";

// The server beside its own workers without one, and under ten times what it can do:
// npm run bench:serve -- [--seconds 20] [--overload 60] [--workers 2] [--images 256] [--model DIR] [--json]

const { values: flags } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    overload: { type: "string", default: "60" },
    workers: { type: "string", default: String(availableParallelism()) },
    images: { type: "string", default: "256" },
    model: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const [seconds, overload, workers, images] = [flags.seconds, flags.overload, flags.workers, flags.images].map(
  Number,
) as [number, number, number, number];
const QUEUE_WAIT = 2000;

interface Direct {
  count: number;
  alone: number[];
}

/** The workers alone: processes that call sharp and onnxruntime. */
async function direct(processes: number): Promise<{ rate: number; alone: number }> {
  const file = fileURLToPath(new URL("./serve/direct-child.js", import.meta.url));
  const children = Array.from({ length: processes }, () => fork(file, [flags.model ?? "", String(seconds), "64"]));
  await Promise.all(children.map((child) => once(child, "message")));
  const results = children.map(async (child) => (await once(child, "message"))[0] as Direct);
  for (const child of children) child.send("go");
  const done = await Promise.all(results);
  const count = done.reduce((sum, result) => sum + result.count, 0);
  return { rate: count / seconds, alone: quantile(done[0]?.alone ?? [], 0.5) };
}

/** Milliseconds until a request is captioned again. */
async function recovery(url: string): Promise<number> {
  const [image = Buffer.alloc(0)] = await smallJpegs(1);
  const started = performance.now();
  const headers = { "content-type": "image/jpeg" };
  for (;;) {
    const { status } = await fetch(`${url}/v1/captions`, {
      method: "POST",
      body: image as Buffer<ArrayBuffer>,
      headers,
    });
    if (status === 200) return performance.now() - started;
    await sleep(20);
  }
}

const signed = (value: number) => (value < 0 ? "" : "+") + value.toFixed(1);
const say = (text: string) => process.stderr.write(`${text} …\n`);
say(`${workers} workers alone, ${seconds} s`);
const bare = await direct(workers);
const single = await direct(1);

const args = ["--workers", String(workers), "--threads", String(workers), "--queue-wait", String(QUEUE_WAIT)];
const server = await startServer([...args, ...(flags.model ? ["--model", flags.model] : []), "--log-level", "info"]);
const { url } = server;
say("one request at a time");
const one = await sendLoad(url, { connections: 1, seconds: Math.max(2, seconds / 4), images });
say(`full load, ${seconds} s`);
await metric(url, "process_resident_memory_bytes");
const full = await sendLoad(url, { connections: workers * 4, seconds, images });
const lag = await metric(url, "nodejs_eventloop_lag_p99_seconds");
const rate = (full.statuses[200] ?? 0) / full.seconds;
say(`ten times as much, ${overload} s`);
const memoryBefore = await metric(url, "process_resident_memory_bytes");
// As many connections as keep ten times the rate waiting for the time that is promised.
const connections = Math.min(1000, Math.ceil((rate * 10 * QUEUE_WAIT) / 1000));
const over = await sendLoad(url, { connections, seconds: overload, images, rate: Math.ceil(rate * 10) });
const recovered = await recovery(url);
const memoryAfter = await metric(url, "process_resident_memory_bytes");
await server.stop();

const others = Object.entries(over.statuses).filter(([status]) => status !== "200" && status !== "503");
const results = [
  [
    "throughput, images/s",
    rate.toFixed(1),
    `${bare.rate.toFixed(1)} alone`,
    `${((100 * rate) / bare.rate).toFixed(0)} %`,
    "90 %",
  ],
  [
    "latency p50, one at a time, ms",
    one.p50.toFixed(1),
    `${single.alone.toFixed(1)} alone`,
    signed(one.p50 - single.alone),
    "+3",
  ],
  ["event-loop lag p99, ms", (lag * 1000).toFixed(1), "", "", "20"],
  [
    "overload: answered, refused, other",
    `${over.statuses[200] ?? 0}, ${over.statuses[503] ?? 0}, ${others.length + over.errors + over.timeouts}`,
    `${connections} connections`,
    "",
    "no other",
  ],
  ["overload: p99 of the accepted, ms", over.p99.toFixed(0), `${QUEUE_WAIT} promised`, "", String(2 * QUEUE_WAIT)],
  ["overload: memory, MB", `${(memoryBefore / 1e6).toFixed(0)} to ${(memoryAfter / 1e6).toFixed(0)}`, "", "", "flat"],
  ["overload: recovered after, ms", recovered.toFixed(0), "", "", "1000"],
];
if (flags.json)
  process.stdout.write(
    `${JSON.stringify({ bare, single, one, full, lag, over, recovered, memoryBefore, memoryAfter })}\n`,
  );
else process.stdout.write(`${textTable(["measure", "server", "beside", "ratio", "target"], results)}\n`);
