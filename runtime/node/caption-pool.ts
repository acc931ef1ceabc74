import type { Decoding } from "../core/index.js";
import { CaptionThread } from "./caption-thread.js";
import type { Provider } from "./session.js";
import type { CaptionJob, WorkerSetup } from "./worker-protocol.js";

/** A few caption threads; a further one is started only when all others have work. */
export class CaptionPool {
  readonly size: number;
  readonly #setup: WorkerSetup;
  readonly #threads: CaptionThread[] = [];

  constructor(setup: WorkerSetup, size: number) {
    this.#setup = setup;
    this.size = size;
  }

  /** Starts the first thread, so that graphs that cannot be opened are known at once. */
  start(): Promise<Provider> {
    const thread = new CaptionThread(this.#setup);
    this.#threads.push(thread);
    return thread.ready;
  }

  /** Captions a batch on the least busy thread. */
  run(job: Omit<CaptionJob, "kind" | "id">, signal?: AbortSignal): Promise<Decoding[]> {
    let [chosen] = this.#threads.toSorted((a, b) => a.load - b.load);
    if (!chosen || (chosen.load > 0 && this.#threads.length < this.size)) {
      chosen = new CaptionThread(this.#setup);
      this.#threads.push(chosen);
    }
    return chosen.run(job, signal);
  }

  /** Ends all threads once their work is done. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }
}
