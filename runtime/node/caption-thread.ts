import "./telemetry.js";
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { ShowtellError } from "../../errors/index.js";
import type { Decoding } from "../core/index.js";
import type { Provider } from "./session.js";
import type { CaptionJob, FailureReport, FromWorker, ToWorker, WorkerSetup } from "./worker-protocol.js";

interface Pending {
  resolve(decodings: Decoding[]): void;
  reject(error: unknown): void;
}

/** The near side of one caption worker. Keeps the process alive only while it has work. */
export class CaptionThread {
  /** Where the graphs run; rejects if they cannot be opened. */
  readonly ready: Promise<Provider>;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  #nextId = 0;
  #ended: unknown;
  #closing = false;

  constructor(setup: WorkerSetup) {
    // The process's own flags are not for this file: --input-type, for one, would keep it from starting.
    const options = { workerData: setup, execArgv: [] };
    this.#worker = new Worker(new URL("./caption-worker.js", import.meta.url), options);
    this.ready = new Promise((resolve, reject) => {
      const end = (error: unknown) => {
        this.#ended ??= error;
        reject(error);
        for (const pending of this.#pending.values()) pending.reject(error);
        this.#pending.clear();
      };
      this.#worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") resolve(message.provider);
        else if (message.kind === "broken") end(revive(message.error));
        else this.#settle(message);
      });
      this.#worker.on("error", end);
      this.#worker.on("exit", () => end(new ShowtellError("INTERNAL", "The caption worker has ended.")));
    });
    const started = () => this.#idleIfDone();
    this.ready.then(started, started);
  }

  /** Jobs handed over and not yet answered. */
  get load(): number {
    return this.#pending.size;
  }

  /** Captions a batch; `pixels` is handed over and not usable afterwards. */
  async run(job: Omit<CaptionJob, "kind" | "id">, signal?: AbortSignal): Promise<Decoding[]> {
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const cancel = () => {
      this.#pending.get(id)?.reject(signal!.reason);
      this.#post({ kind: "cancel", id });
    };
    try {
      return await new Promise((resolve, reject) => {
        this.#pending.set(id, { resolve, reject });
        signal?.addEventListener("abort", cancel, { once: true });
        this.#worker.ref();
        this.#post({ kind: "caption", id, ...job }, [job.pixels.buffer as ArrayBuffer]);
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Finishes the work in hand, frees the sessions and ends the thread. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#closing = true; // from now on the process has to wait for the thread's end
    const ended = once(this.#worker, "exit");
    this.#worker.ref();
    this.#post({ kind: "close" });
    await ended;
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  #settle(message: Extract<FromWorker, { id: number }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === "captioned") pending?.resolve(message.decodings);
    else pending?.reject(revive(message.error));
    this.#idleIfDone();
  }

  #idleIfDone(): void {
    if (this.#pending.size === 0 && !this.#closing) this.#worker.unref();
  }
}

function revive({ code, message }: FailureReport): ShowtellError {
  return new ShowtellError(code, message);
}
