import "./telemetry.js";
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { FromWorker, ToWorker, WorkerSetup } from "./worker-protocol.js";

/**
 * Where a caption worker lives. A thread starts quickly and moves data cheaply, and a fault in native code ends the whole
 * process with it. A process of its own can crash or be killed alone: a thread cannot be ended amid native code.
 */
export type Isolation = "thread" | "process";

/** What becomes of a worker, as its owner is told. */
export interface WorkerEvents {
  message(message: FromWorker): void;
  /** It has ended, for whatever reason; told once. */
  ended(why: string): void;
}

/** The near end of the line to a worker. */
export interface WorkerHost {
  /** Of a process. */
  pid?: number;
  post(message: ToWorker): void;
  /** Whether the worker keeps this process alive. */
  hold(alive: boolean): void;
  /** Ends the worker as soon as possible: a process at once, a thread when native code has returned. */
  kill(): void;
}

// The process's own flags are not for the worker's file: --input-type, for one, would keep it from starting.
const FILE = new URL("./caption-worker.js", import.meta.url);
const EXEC_ARGV: string[] = [];

export function startWorker(isolation: Isolation, setup: WorkerSetup, events: WorkerEvents): WorkerHost {
  return isolation === "thread" ? startThread(setup, events) : startProcess(setup, events);
}

function startThread(setup: WorkerSetup, { message, ended }: WorkerEvents): WorkerHost {
  const worker = new Worker(FILE, { workerData: setup, execArgv: EXEC_ARGV });
  let failure: unknown;
  worker.on("message", message);
  worker.on("error", (error) => {
    failure = error;
  });
  worker.on("exit", () => ended(failure ? `The caption worker failed: ${failure}` : "The caption worker has ended."));
  return {
    post: (sent) => worker.postMessage(sent),
    hold: (alive) => (alive ? worker.ref() : worker.unref()),
    kill: () => void worker.terminate(),
  };
}

function startProcess(setup: WorkerSetup, { message, ended }: WorkerEvents): WorkerHost {
  const child: ChildProcess = fork(fileURLToPath(FILE), {
    serialization: "advanced",
    execArgv: EXEC_ARGV,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  let told = false;
  const end = (why: string) => {
    if (!told) ended(why);
    told = true;
  };
  child.on("message", (received) => message(received as FromWorker));
  child.on("error", (error) => end(`The caption worker could not be started: ${error.message}`));
  child.on("exit", (code, signal) => end(`The caption worker has ended (${signal ?? `exit code ${code}`}).`));
  // A line that breaks because the worker has died is told by its exit.
  const send = (sent: ToWorker) => child.connected && child.send(sent, () => {});
  send({ kind: "setup", setup });
  return {
    pid: child.pid,
    post: send,
    hold(alive) {
      if (alive) {
        child.ref();
        child.channel?.ref();
      } else {
        child.unref();
        child.channel?.unref();
      }
    },
    kill: () => void child.kill("SIGKILL"),
  };
}
