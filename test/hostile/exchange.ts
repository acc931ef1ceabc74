import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a server did with bytes that were sent to it: the status of its answer, or that it only closed the line. */
export type Outcome = number | "closed" | "silent";

/** What a request may end with: an answer that says what is wrong with it, or a refusal for lack of time or room. */
export const FINE = new Set<Outcome>([200, 400, 401, 404, 405, 408, 413, 415, 422, 431, 503, "closed"]);

export interface Sent {
  /** What is written, in order. */
  parts: (Buffer | string)[];
  /** Milliseconds between two parts. */
  pause?: number;
  /** Whether the near side says that no more will come. */
  end?: boolean;
}

/** Longest time for an answer. */
const PATIENCE = 15_000;

/** Sends bytes over a connection of their own and waits for the first answer's status. */
export async function exchange(port: number, { parts, pause = 0, end = false }: Sent): Promise<Outcome> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  let answer = "";
  const done = new Promise<Outcome>((resolve) => {
    const status = () => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
    socket.on("data", (data) => {
      answer += data.toString("latin1");
      if (status() !== 100 && /\r\n\r\n/.test(answer)) resolve(status());
    });
    socket.on("end", () => resolve(status() || "closed"));
    socket.on("error", () => resolve(status() || "closed"));
    socket.on("close", () => resolve(status() || "closed"));
  });
  const outcome = Promise.race([done, sleep(PATIENCE, "silent" as const, { ref: false })]);
  let settled = false;
  void outcome.then(() => {
    settled = true;
  });
  for (const part of parts) {
    if (settled || !socket.writable) break;
    socket.write(part);
    if (pause > 0) await sleep(pause);
  }
  if (end) socket.end();
  const result = await outcome;
  socket.destroy();
  return result;
}

/** A request as bytes; the length of the body is right unless the headers say otherwise. */
export function requestBytes(path: string, headers: Record<string, string>, body: Buffer | string = ""): Buffer {
  const bytes = Buffer.from(body);
  const all = { host: "x", connection: "close", "content-length": String(bytes.length), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"), bytes]);
}
