import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { exchange } from "../../test/hostile/exchange.js";
import { attacks } from "../../test/hostile/requests.js";
import { seeded } from "../../test/random-decoder.js";
import { metric, startServer } from "./command.js";
import { smallJpegs } from "./images.js";

// Mixed load for a long time: captions, streams, clients that leave, hostile requests, reloads. Memory and handles are
// printed each minute; exit code 1 if they grow, or if an answer was a 500.
// npm run soak:serve -- [--minutes 30] [--clients 6] [--model DIR]

const { values: flags } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    clients: { type: "string", default: "6" },
    model: { type: "string" },
  },
});
const server = await startServer([...(flags.model ? ["--model", flags.model] : []), "--body-time", "1000"]);
const { url, child } = server;
const port = Number(new URL(url).port);
const images = await smallJpegs(128);
const kinds = await attacks();
const random = seeded(Date.now());
const end = performance.now() + Number(flags.minutes) * 60_000;
const statuses = new Map<string, number>();
const count = (status: string | number) => statuses.set(String(status), (statuses.get(String(status)) ?? 0) + 1);
const image = () => (images[Math.floor(random() * images.length)] ?? Buffer.alloc(0)) as Buffer<ArrayBuffer>;

async function oneRequest(): Promise<void> {
  const kind = random();
  const headers: Record<string, string> = { "content-type": "image/jpeg" };
  const path = `${url}/v1/captions`;
  if (kind < 0.5) {
    const response = await fetch(path, { method: "POST", body: image(), headers });
    count(response.status);
    await response.arrayBuffer();
  } else if (kind < 0.65) {
    headers.accept = "text/event-stream";
    const response = await fetch(path, { method: "POST", body: image(), headers });
    count(`${response.status} stream`);
    await response.text();
  } else if (kind < 0.8) {
    const signal = AbortSignal.timeout(1 + random() * 50);
    await fetch(path, { method: "POST", body: image(), headers, signal }).then(
      (response) => response.arrayBuffer(),
      () => count("left"),
    );
  } else if (kind < 0.99) {
    const attack = kinds[Math.floor(random() * kinds.length)];
    if (attack) count(await exchange(port, attack.make(random)));
  } else {
    child.kill("SIGHUP");
    count("reload");
  }
}

interface Sample {
  memory: number;
  handles: number;
}

async function sample(): Promise<Sample> {
  const memory = await metric(url, "process_resident_memory_bytes");
  const handles = process.platform === "linux" ? readdirSync(`/proc/${child.pid}/fd`).length : 0;
  return { memory, handles };
}

const samples: Sample[] = [];
const clients = Array.from({ length: Number(flags.clients) }, async () => {
  while (performance.now() < end) await oneRequest().catch(() => count("broken"));
});
const every = Math.min(60_000, (Number(flags.minutes) * 60_000) / 6);
while (performance.now() < end) {
  await sleep(Math.min(every, Math.max(0, end - performance.now())));
  const now = await sample();
  samples.push(now);
  const line = `${(now.memory / 1e6).toFixed(0)} MB, ${now.handles} handles, ${JSON.stringify(Object.fromEntries(statuses))}`;
  process.stdout.write(`${line}\n`);
}
await Promise.all(clients);
await sleep(6000); // connections that are kept alive end
const last = await sample();
const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
await server.stop();
const settled = samples[Math.floor(samples.length / 3)] ?? last;
const grew = last.memory > settled.memory * 1.2 + 20e6 || last.handles > settled.handles + 5;
const failed = [...statuses.keys()].some((key) => key.startsWith("500"));
process.stdout.write(
  `${(last.memory / 1e6).toFixed(0)} MB, ${last.handles} handles, ${/Threads:\s+(\d+)/.exec(status)?.[1]} threads in the end\n`,
);
process.exitCode = grew || failed ? 1 : 0;
