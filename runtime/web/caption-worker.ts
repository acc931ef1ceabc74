import { ShowtellError } from "../../errors/index.js";
import type { CaptionJob, FailureReport, FromWorker, Ready, ToWorker, WorkerSetup } from "./protocol.js";
import type { LoadProgress, Provider, StreamedWord, TimedCaption } from "./types.js";

/** A picture that waits for its caption. */
export interface Job {
  image: CaptionJob["image"];
  options: CaptionJob["options"];
  /** Called for each word of a greedy caption as it is written. */
  onWord?: (word: StreamedWord) => void;
  resolve(caption: TimedCaption): void;
  reject(error: unknown): void;
}

/** The near side of one worker. */
export class CaptionWorker {
  /** What the worker says when its model is open; rejects if that fails. */
  readonly ready: Promise<Ready>;
  readonly #worker: Worker;
  readonly #jobs = new Map<number, Job>();
  #nextId = 0;

  /** @param onLost called when the worker can do no more, with the reason */
  constructor(
    readonly provider: Provider,
    setup: WorkerSetup,
    onProgress: (progress: LoadProgress) => void,
    onLost: (reason: string) => void,
  ) {
    // Bundlers find a worker by this very form: its address and its options written out.
    this.#worker =
      provider === "webgpu"
        ? new Worker(new URL("./webgpu-worker.js", import.meta.url), { type: "module", name: "showtell" })
        : new Worker(new URL("./wasm-worker.js", import.meta.url), { type: "module", name: "showtell" });
    this.ready = new Promise((resolve, reject) => {
      this.#worker.onmessage = ({ data: message }: MessageEvent<FromWorker>) => {
        if (message.kind === "progress") onProgress(message.progress);
        else if (message.kind === "ready") resolve(message);
        else if (message.kind === "broken") reject(revive(message.error));
        else if (message.kind === "lost") onLost(message.reason);
        else this.#settle(message);
      };
      this.#worker.onerror = (event) => {
        event.preventDefault();
        const what = event.message || "its script cannot be loaded";
        reject(new ShowtellError("DEVICE_UNAVAILABLE", `The worker for ${provider} failed: ${what}`));
        onLost(what);
      };
    });
    this.#post(setup);
  }

  /** Hands a picture over; what comes back settles the job. Returns what cancels it. */
  run(job: Job): () => void {
    const id = this.#nextId++;
    this.#jobs.set(id, job);
    const { image, options, onWord } = job;
    this.#post({ kind: "caption", id, image, options, stream: onWord !== undefined });
    return () => {
      this.#jobs.delete(id);
      this.#post({ kind: "cancel", id });
    };
  }

  /** Ends the worker at once, which gives all its memory back. Returns the jobs that were not done, in order. */
  end(): Job[] {
    this.#worker.terminate();
    const left = [...this.#jobs.values()];
    this.#jobs.clear();
    return left;
  }

  #settle(message: Extract<FromWorker, { id: number }>): void {
    const job = this.#jobs.get(message.id);
    if (message.kind === "word") {
      job?.onWord?.(message.word);
      return;
    }
    this.#jobs.delete(message.id);
    if (message.kind === "captioned") job?.resolve(message.caption);
    else job?.reject(revive(message.error));
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

function revive({ code, message }: FailureReport): ShowtellError {
  return new ShowtellError(code, message);
}
