import { ShowtellError } from "../../errors/index.js";
import type { Decoding } from "../core/index.js";
import type { Provider } from "./session.js";
import { type Isolation, startWorker, type WorkerHost } from "./worker-host.js";
import type { CaptionWork, FailureReport, FromWorker, GraphWork, TensorValue, WorkerSetup } from "./worker-protocol.js";

type Answer = Decoding[] | Record<string, TensorValue>;

interface Pending {
  resolve(answer: Answer): void;
  reject(error: unknown): void;
  onWord?: WordListener;
}

/** Told of each word that greedy decoding writes: index of the image in its batch, id of the word. */
export type WordListener = (image: number, token: number) => void;

/** The worker has ended, or was given up, before it answered: its jobs can be tried on another one. */
export class WorkerLost extends ShowtellError {
  /** @param amid what the worker was lost amid: the job itself, another one, or its own start */
  constructor(
    message: string,
    readonly amid: "job" | "other" | "start" = "job",
  ) {
    super("INTERNAL", message);
  }
}

export interface ThreadOptions {
  /** "thread" by default. */
  isolation?: Isolation;
  /** Milliseconds amid work without a sign of life after which the worker is given up; never by default. */
  stuckAfter?: number;
}

/** The near side of one caption worker, be it a thread or a process. Keeps the process alive only while it has work. */
export class CaptionThread {
  /** Where the graphs run; rejects if they cannot be opened. */
  readonly ready: Promise<Provider>;
  /** Resolves to whether the worker was lost, that is, ended without having been asked to. */
  readonly ended: Promise<boolean>;
  readonly #host: WorkerHost;
  readonly #pending = new Map<number, Pending>();
  readonly #stuckAfter?: number;
  readonly #ready = resolvers<Provider>();
  readonly #ended = resolvers<boolean>();
  readonly #gone = resolvers<void>();
  #watch?: NodeJS.Timeout;
  #nextId = 0;
  #failure: unknown;
  #closing = false;
  #up = false;

  constructor(setup: WorkerSetup, { isolation = "thread", stuckAfter }: ThreadOptions = {}) {
    this.#stuckAfter = stuckAfter;
    this.ready = this.#ready.promise;
    this.ended = this.#ended.promise;
    this.#host = startWorker(isolation, setup, {
      message: (message) => this.#receive(message),
      ended: (why) => {
        this.#fail(new WorkerLost(why));
        this.#gone.resolve();
      },
    });
    const started = () => this.#idleIfDone();
    this.ready.then(started, started);
  }

  /** Jobs handed over and not yet answered. */
  get load(): number {
    return this.#pending.size;
  }

  /** Of a worker that is a process. */
  get pid(): number | undefined {
    return this.#host.pid;
  }

  /** Captions a batch, or runs a graph. */
  run(work: CaptionWork, signal?: AbortSignal, onWord?: WordListener): Promise<Decoding[]>;
  run(work: GraphWork, signal?: AbortSignal): Promise<Record<string, TensorValue>>;
  async run(work: CaptionWork | GraphWork, signal?: AbortSignal, onWord?: WordListener): Promise<Answer> {
    signal?.throwIfAborted();
    if (this.#failure) throw this.#failure;
    const id = this.#nextId++;
    const cancel = () => {
      this.#pending.get(id)?.reject(signal!.reason);
      this.#host.post({ kind: "cancel", id });
    };
    try {
      return await new Promise((resolve, reject) => {
        if (this.#pending.size === 0) this.#startWatch();
        this.#pending.set(id, { resolve, reject, onWord });
        signal?.addEventListener("abort", cancel, { once: true });
        this.#host.hold(true);
        this.#host.post({ ...work, id });
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  /** Finishes the work in hand, frees the sessions and ends the thread. */
  async close(): Promise<void> {
    this.#closing = true; // from now on the process has to wait for the thread's end
    if (this.#failure) return;
    this.#host.hold(true);
    this.#host.post({ kind: "close" });
    await this.#gone.promise;
  }

  /** Gives the worker up: its jobs are rejected with WorkerLost at once, the thread ends when it can. */
  abandon(why: string): void {
    this.#fail(new WorkerLost(why));
    this.#host.kill();
  }

  #receive(message: FromWorker): void {
    this.#watch?.refresh();
    if (message.kind === "ready") {
      this.#up = true;
      this.#ready.resolve(message.provider);
    } else if (message.kind === "broken") this.#fail(revive(message.error));
    else if (message.kind === "word") this.#pending.get(message.id)?.onWord?.(message.image, message.token);
    else this.#settle(message);
  }

  #fail(error: unknown): void {
    if (this.#failure) return;
    this.#failure = error;
    clearTimeout(this.#watch);
    this.#ready.reject(error);
    this.#ended.resolve(error instanceof WorkerLost && !this.#closing);
    let first = true;
    for (const pending of this.#pending.values()) {
      const amid = !this.#up ? "start" : first ? "job" : "other";
      pending.reject(error instanceof WorkerLost ? new WorkerLost(error.message, amid) : error);
      first = false;
    }
    this.#pending.clear();
  }

  #startWatch(): void {
    clearTimeout(this.#watch);
    if (!this.#stuckAfter) return;
    const seconds = this.#stuckAfter / 1000;
    this.#watch = setTimeout(
      () => this.abandon(`The caption worker is stuck: no answer in ${seconds} s.`),
      this.#stuckAfter,
    );
    this.#watch.unref();
  }

  #settle(message: Exclude<FromWorker, { kind: "ready" | "broken" | "word" }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === "captioned") pending?.resolve(message.decodings);
    else if (message.kind === "ran") pending?.resolve(message.outputs);
    else pending?.reject(revive(message.error));
    this.#idleIfDone();
  }

  #idleIfDone(): void {
    if (this.#pending.size > 0) return;
    clearTimeout(this.#watch);
    if (!this.#closing) this.#host.hold(false);
  }
}

interface Resolvers<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

function resolvers<T>(): Resolvers<T> {
  let [resolve, reject]: [Resolvers<T>["resolve"], Resolvers<T>["reject"]] = [() => {}, () => {}];
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

function revive({ code, message }: FailureReport): ShowtellError {
  return new ShowtellError(code, message);
}
