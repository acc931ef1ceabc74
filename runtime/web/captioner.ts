import { ShowtellError } from "../../errors/index.js";
import type { CaptionOptions, Manifest, Precision } from "../core/index.js";
import type { CaptionWorker, Job } from "./caption-worker.js";
import type { PassedOver } from "./choose-provider.js";
import { type ImageLike, sendableImage } from "./image-source.js";
import type { Ready } from "./protocol.js";
import type { Provider, StreamedWord, TimedCaption } from "./types.js";

/** A worker that is ready, and what it said. */
export interface ReadyWorker {
  worker: CaptionWorker;
  ready: Ready;
}

/** A model that writes captions in a worker; made by `loadCaptioner`. */
export class Captioner {
  #current: ReadyWorker;
  #passedOver: PassedOver[];
  readonly #restart: (lost: PassedOver) => Promise<ReadyWorker>;
  #replacing?: Promise<void>;
  #ended?: ShowtellError;
  readonly #jobs = new Map<Job, () => void>();

  /** @internal */
  constructor(current: ReadyWorker, passedOver: PassedOver[], restart: (lost: PassedOver) => Promise<ReadyWorker>) {
    this.#current = current;
    this.#passedOver = passedOver;
    this.#restart = restart;
  }

  get manifest(): Manifest {
    return this.#current.ready.manifest;
  }

  get precision(): Precision {
    return this.#current.ready.precision;
  }

  /** Where the graphs run; it changes from "webgpu" to "wasm" when the graphics device is lost. */
  get provider(): Provider {
    return this.#current.worker.provider;
  }

  /** Name of the graphics adapter; undefined with "wasm". */
  get adapter(): string | undefined {
    return this.#current.ready.adapter;
  }

  /** Threads of WebAssembly. */
  get threads(): number {
    return this.#current.ready.threads;
  }

  /** The providers that were tried or considered and not taken, with the reason. */
  get passedOver(): readonly PassedOver[] {
    return this.#passedOver;
  }

  /**
   * Captions one picture; calls wait for one another.
   * @throws ShowtellError IMAGE_UNREADABLE, IMAGE_TOO_LARGE, USAGE, MODEL_INVALID; the signal's reason
   */
  async caption(image: ImageLike, options: CaptionOptions = {}): Promise<TimedCaption> {
    return this.#run(image, options);
  }

  /**
   * Captions one picture greedily and gives each word as it is written, with where the model looked for it; returns the
   * caption. Leaving the loop early stops the work.
   * @throws ShowtellError as `caption`; the signal's reason
   */
  async *stream(
    image: ImageLike,
    options: Omit<CaptionOptions, "beam" | "alternatives"> = {},
  ): AsyncGenerator<StreamedWord, TimedCaption, void> {
    const stopped = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
    const words: StreamedWord[] = [];
    let wake = () => {};
    let done = false;
    const caption = this.#run(image, { ...options, signal }, (word) => {
      // After a lost device the picture is captioned anew, from its first word.
      if (word.index >= told + words.length) words.push(word);
      wake();
    });
    let told = 0;
    caption
      .catch(() => {})
      .finally(() => {
        done = true;
        wake();
      });
    try {
      for (;;) {
        const word = words.shift();
        if (word) {
          told++;
          yield word;
        } else if (done) {
          return await caption;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      stopped.abort();
    }
  }

  /** Ends the worker at once: its memory is given back, and captions that are not done reject. */
  dispose(): void {
    this.#end(new ShowtellError("USAGE", "The captioner was disposed of."));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** @internal The worker can do no more: what it had goes to another one. */
  async lost(worker: CaptionWorker, reason: string): Promise<void> {
    if (worker !== this.#current.worker || this.#ended || this.#replacing) return;
    const passed = { provider: worker.provider, reason };
    worker.end();
    this.#replacing = this.#restart(passed).then(
      (next) => {
        if (this.#ended) next.worker.end();
        this.#current = next;
        this.#passedOver = [...this.#passedOver, passed];
        this.#replacing = undefined;
        for (const job of this.#jobs.keys()) this.#jobs.set(job, next.worker.run(job));
      },
      (error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        this.#end(new ShowtellError("DEVICE_UNAVAILABLE", `The worker failed (${reason}), and so did another: ${why}`));
      },
    );
    await this.#replacing;
  }

  async #run(image: ImageLike, options: CaptionOptions, onWord?: Job["onWord"]): Promise<TimedCaption> {
    const { signal, ...rest } = options;
    signal?.throwIfAborted();
    const sendable = await sendableImage(image);
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    let job: Job | undefined;
    const cancel = () => {
      if (!job) return;
      this.#jobs.get(job)?.();
      job.reject(signal?.reason);
    };
    try {
      return await new Promise<TimedCaption>((resolve, reject) => {
        job = { image: sendable, options: rest, onWord, resolve, reject };
        signal?.addEventListener("abort", cancel, { once: true });
        // While a worker is being replaced, jobs wait here for the next one.
        this.#jobs.set(job, this.#replacing ? () => {} : this.#current.worker.run(job));
      });
    } finally {
      signal?.removeEventListener("abort", cancel);
      if (job) this.#jobs.delete(job);
    }
  }

  #end(error: ShowtellError): void {
    this.#ended ??= error;
    this.#current.worker.end();
    for (const job of this.#jobs.keys()) job.reject(this.#ended);
    this.#jobs.clear();
  }
}
