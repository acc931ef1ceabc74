import type { Decoding } from "../core/index.js";
import { CaptionThread, type ThreadOptions, type WordListener, WorkerLost } from "./caption-thread.js";
import type { Provider } from "./session.js";
import type { CaptionWork, GraphWork, TensorValue, WorkerSetup } from "./worker-protocol.js";

/** How many workers may be lost amid a job, and how many amid their start, before the job is given up. */
const LOST = { job: 3, start: 10, other: Number.POSITIVE_INFINITY };

/** A few caption threads; a further one is started only when all others have work, one that is lost is replaced. */
export class CaptionPool {
  readonly size: number;
  /** Workers that were lost and replaced so far. */
  restarts = 0;
  readonly #setup: WorkerSetup;
  readonly #options: ThreadOptions;
  readonly #threads: CaptionThread[] = [];
  #closed = false;

  constructor(setup: WorkerSetup, size: number, options: ThreadOptions = {}) {
    this.#setup = setup;
    this.size = size;
    this.#options = options;
  }

  /** @internal The threads that live, for tests that end some of them. */
  get threads(): readonly CaptionThread[] {
    return this.#threads;
  }

  /** Starts the first thread, so that graphs that cannot be opened are known at once. */
  start(): Promise<Provider> {
    return this.#startThread().ready;
  }

  /** Starts all threads. */
  async warmUp(): Promise<void> {
    while (this.#threads.length < this.size) this.#startThread();
    await Promise.all(this.#threads.map(({ ready }) => ready));
  }

  /** Captions a batch on the least busy thread; if that is lost, on another one. */
  caption(work: CaptionWork, signal?: AbortSignal, onWord?: WordListener): Promise<Decoding[]> {
    let [told, heard] = [0, 0];
    // A second try writes the same words again: those that were told are not told twice.
    const listen: WordListener | undefined =
      onWord &&
      ((image, token) => {
        if (heard++ < told) return;
        told++;
        onWord(image, token);
      });
    return this.#try((thread) => {
      heard = 0;
      return thread.run(work, signal, listen);
    });
  }

  /** Runs one graph on the least busy thread; if that is lost, on another one. */
  runGraph(work: GraphWork, signal?: AbortSignal): Promise<Record<string, TensorValue>> {
    return this.#try((thread) => thread.run(work, signal));
  }

  /** Ends all threads once their work is done. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.splice(0).map((thread) => thread.close()));
  }

  async #try<T>(attempt: (thread: CaptionThread) => Promise<T>): Promise<T> {
    const lost = { job: 0, start: 0, other: 0 };
    for (;;) {
      try {
        return await attempt(this.#choose());
      } catch (error) {
        if (!(error instanceof WorkerLost) || this.#closed) throw error;
        if (++lost[error.amid] === LOST[error.amid]) throw error;
      }
    }
  }

  #choose(): CaptionThread {
    const [chosen] = this.#threads.toSorted((a, b) => a.load - b.load);
    return !chosen || (chosen.load > 0 && this.#threads.length < this.size) ? this.#startThread() : chosen;
  }

  #startThread(): CaptionThread {
    const thread = new CaptionThread(this.#setup, this.#options);
    this.#threads.push(thread);
    let wasReady = false;
    thread.ready.then(
      () => {
        wasReady = true;
      },
      () => {},
    );
    thread.ended.then((lost) => {
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      if (!lost || this.#closed) return;
      this.restarts++;
      // One that never came up would come up no better a second time: the next job starts it and tells why.
      if (wasReady) this.#startThread().ready.catch(() => {});
    });
    return thread;
  }
}
