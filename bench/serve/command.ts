import { type ChildProcess, execFile, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export interface RunningCommand {
  url: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

/** `showtell serve` in a process of its own, once it is ready. */
export async function startServer(args: string[]): Promise<RunningCommand> {
  const child = spawn(process.execPath, [path("../../cli/main.js"), "serve", "--port", "0", ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  let log = "";
  child.stdout.on("data", (data) => {
    if (log.length < 100_000) log += data;
  });
  while (!/"msg":"ready"/.test(log)) {
    if (child.exitCode !== null) throw new Error("showtell serve has ended.");
    await sleep(50);
  }
  const url = /"url":"([^"]+)"/.exec(log)?.[1] ?? "";
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url, child, stop };
}

export interface LoadResult {
  seconds: number;
  statuses: Record<string, number>;
  errors: number;
  timeouts: number;
  /** Milliseconds, of answers with status 200. */
  p50: number;
  p99: number;
  refusedP99: number;
}

/** Lets autocannon send for so many seconds, as fast as answers come or `rate` requests a second. */
export async function sendLoad(
  url: string,
  { connections, seconds, images, rate = 0 }: { connections: number; seconds: number; images: number; rate?: number },
): Promise<LoadResult> {
  const args = [path("./load-child.js"), url, ...[connections, seconds, images, rate].map(String)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as LoadResult;
}

/** A metric's value now. */
export async function metric(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1]);
}
