import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-protocol.js";

/** The far end of the line: what a worker sees of its owner. */
export interface WorkerPort {
  /** What a thread was started with; a process gets it as its first message. */
  setup?: WorkerSetup;
  /** Sets who gets the owner's messages from now on. */
  receive(listener: (message: ToWorker) => void): void;
  /** @param transfer buffers that a thread hands over instead of copying them */
  post(message: FromWorker, transfer?: ArrayBuffer[]): void;
  /** Says that no more will come, so that the worker can end. */
  close(): void;
}

export function workerPort(): WorkerPort {
  let listener: (message: ToWorker) => void = () => {};
  const receive = (next: typeof listener) => {
    listener = next;
  };
  if (parentPort) {
    const port = parentPort;
    port.on("message", (message: ToWorker) => listener(message));
    const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
    return { setup: workerData as WorkerSetup, receive, post, close: () => port.close() };
  }
  // The owner decides when the worker ends: what a terminal or a supervisor sends to all its processes is not for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
  process.on("disconnect", () => process.exit());
  process.on("message", (message) => listener(message as ToWorker));
  // Messages under way are written before the line is closed.
  let [unsent, closing] = [0, false];
  const leave = () => closing && unsent === 0 && process.connected && process.disconnect();
  const post = (message: FromWorker) => {
    unsent++;
    process.send?.(message, undefined, undefined, () => {
      unsent--;
      leave();
    });
  };
  const close = () => {
    closing = true;
    leave();
  };
  return { receive, post, close };
}
