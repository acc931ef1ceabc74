import { ShowtellError } from "../../errors/index.js";
import type { GraphRole } from "../core/index.js";
import type { Caption, Captioner, CaptionOptions, ImageLimits, TensorValue } from "../node/index.js";
import { decodeImage } from "../node/index.js";
import type { Metrics } from "./metrics.js";
import { RequestError } from "./problem.js";

export type SearchOptions = Pick<CaptionOptions, "beam" | "alternatives" | "maxLength">;

/** A caption and where its time went, in milliseconds. */
export interface TimedCaption {
  caption: Caption;
  queue: number;
  decode: number;
  inference: number;
}

export interface QueueLimits {
  /** Most images that wait. */
  queue: number;
  /** Longest wait that is promised, in milliseconds. */
  queueWait: number;
  /** Most images run together, and the longest wait for them. */
  batch: number;
  batchDelay: number;
  image: ImageLimits;
}

interface Job {
  bytes: Uint8Array;
  options: SearchOptions;
  /** Jobs of one key can be run together. */
  key: string;
  signal: AbortSignal;
  onWord?: (word: string) => void;
  resolve(result: TimedCaption): void;
  reject(error: unknown): void;
  entered: number;
  decode: number;
  pixels?: Uint8Array;
}

/** How fast the estimate of an image's time follows what is measured. */
const SMOOTHING = 0.1;

/**
 * The way of an image through one model: admitted or refused at once, decoded just ahead of its turn (so that a long
 * queue costs little memory and no work for those who leave), then captioned, alone or in a batch.
 */
export class CaptionQueue {
  readonly #captioner: Captioner;
  readonly #limits: QueueLimits;
  readonly #metrics: Metrics;
  #waiting: Job[] = [];
  #decoded: Job[] = [];
  #decoding = 0;
  #running = 0;
  /** Runs of graphs, which wait in the workers themselves. */
  #graphs = 0;
  #timer?: NodeJS.Timeout;
  /** Milliseconds of one worker for an image, smoothed. */
  #service = 0;

  constructor(captioner: Captioner, limits: QueueLimits, metrics: Metrics) {
    this.#captioner = captioner;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  /** Images admitted whose captioning has not begun. */
  get length(): number {
    return this.#waiting.length + this.#decoding + this.#decoded.length + this.#graphs;
  }

  /** Milliseconds until an image that came now would be begun with. */
  get expectedWait(): number {
    return ((this.length + this.#running) * this.#service) / this.#captioner.workers;
  }

  /** @throws RequestError OVERLOADED if `images` more would be too many, or would wait longer than is promised */
  admit(images = 1): void {
    const { queue, queueWait } = this.#limits;
    const wait = this.expectedWait;
    if (this.length + images <= queue && wait <= queueWait) return;
    this.#metrics.refused.inc();
    const retryAfter = Math.max(1, Math.ceil(wait / 1000));
    throw new RequestError("OVERLOADED", "The server has more work than it can do in time.", { retryAfter });
  }

  /** @throws ShowtellError as decodeImage and Captioner.caption; RequestError OVERLOADED; the signal's reason */
  caption(
    bytes: Uint8Array,
    options: SearchOptions,
    signal: AbortSignal,
    onWord?: (word: string) => void,
  ): Promise<TimedCaption> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      this.admit();
      const key = JSON.stringify([options.beam, options.alternatives, options.maxLength]);
      const job: Job = { bytes, options, key, signal, onWord, resolve, reject, entered: performance.now(), decode: 0 };
      signal.addEventListener("abort", () => this.#leave(job), { once: true });
      this.#waiting.push(job);
      this.#advance();
    });
  }

  /** Runs one of the model's graphs. @throws RequestError OVERLOADED; ShowtellError as Captioner.runGraph */
  async runGraph(
    role: GraphRole,
    inputs: Record<string, TensorValue>,
    signal: AbortSignal,
  ): Promise<Record<string, TensorValue>> {
    this.admit();
    this.#graphs++;
    const started = performance.now();
    try {
      const outputs = await this.#captioner.runGraph(role, inputs, signal);
      this.#metrics.inferenceSeconds.observe((performance.now() - started) / 1000);
      return outputs;
    } finally {
      this.#graphs--;
    }
  }

  #leave(job: Job): void {
    job.reject(job.signal.reason);
    this.#waiting = this.#waiting.filter((other) => other !== job);
    this.#decoded = this.#decoded.filter((other) => other !== job);
    this.#advance();
  }

  #advance(): void {
    const ahead = this.#captioner.workers * this.#limits.batch;
    while (this.#decoding + this.#decoded.length < ahead) {
      const job = this.#waiting.shift();
      if (!job) break;
      void this.#decode(job);
    }
    while (this.#running < this.#captioner.workers) {
      const batch = this.#takeBatch();
      if (batch.length === 0) break;
      void this.#run(batch);
    }
  }

  async #decode(job: Job): Promise<void> {
    this.#decoding++;
    const started = performance.now();
    try {
      job.pixels = await decodeImage(job.bytes, this.#captioner.manifest.preprocessing, this.#limits.image);
      job.decode = performance.now() - started;
      this.#metrics.decodeSeconds.observe(job.decode / 1000);
      if (!job.signal.aborted) this.#decoded.push(job);
    } catch (error) {
      job.reject(error);
    } finally {
      this.#decoding--;
      this.#advance();
    }
  }

  /** The next images that can be run together; none if more are expected soon. */
  #takeBatch(): Job[] {
    const [first] = this.#decoded;
    if (!first) return [];
    const { batch: most, batchDelay } = this.#limits;
    // Words are told of one image at a time.
    const fits = (job: Job) => job === first || (!first.onWord && !job.onWord && job.key === first.key);
    const batch = this.#decoded.filter(fits).slice(0, most);
    const more = this.#decoding > 0 && batch.length < most && !first.onWord;
    const left = first.entered + first.decode + batchDelay - performance.now();
    if (more && left > 0) {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#advance(), left);
      return [];
    }
    this.#decoded = this.#decoded.filter((job) => !batch.includes(job));
    return batch;
  }

  async #run(batch: Job[]): Promise<void> {
    this.#running++;
    const started = performance.now();
    const [first] = batch;
    try {
      if (!first) return;
      const images = batch.flatMap(({ pixels }) => (pixels ? [pixels] : []));
      const { onWord } = first;
      // One that leaves does not stop the others of its batch.
      const signal = batch.length === 1 ? first.signal : undefined;
      const captions = await this.#captioner.captionPixels(images, {
        ...first.options,
        signal,
        onWord: onWord && ((_, word) => onWord(word)),
      });
      const inference = performance.now() - started;
      this.#measure(batch.length, inference);
      for (const [i, job] of batch.entries()) {
        const caption = captions[i];
        if (!caption) throw new ShowtellError("INTERNAL", "A batch came back with too few captions.");
        const queue = Math.max(0, started - job.entered - job.decode);
        this.#metrics.queueSeconds.observe(queue / 1000);
        job.resolve({ caption, queue, decode: job.decode, inference });
      }
    } catch (error) {
      for (const job of batch) job.reject(error);
    } finally {
      this.#running--;
      this.#advance();
    }
  }

  #measure(images: number, inference: number): void {
    this.#metrics.inferenceSeconds.observe(inference / 1000);
    this.#metrics.batchSize.observe(images);
    const each = inference / images;
    this.#service = this.#service === 0 ? each : this.#service + SMOOTHING * (each - this.#service);
  }
}
