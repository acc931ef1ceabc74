import { availableParallelism } from "node:os";
import { describeError, ShowtellError } from "../../errors/index.js";
import { decodingOptions, type GraphRole, type Manifest, type Precision, writeCaption } from "../core/index.js";
import { CaptionPool } from "./caption-pool.js";
import type {
  Caption,
  CaptionerOptions,
  CaptionOptions,
  CaptionResult,
  ImageFailure,
  ImageInput,
  PixelCaptionOptions,
} from "./caption-types.js";
import { graphSources } from "./graph-sources.js";
import { decodeImage } from "./image.js";
import { choosePrecision, loadModel, type Model } from "./model.js";
import { resolveModel } from "./model-paths.js";
import type { Provider } from "./session.js";
import type { CaptionWork, TensorValue } from "./worker-protocol.js";

/** Images decoded and run together: from a few on, the decoder's weights are read once for all of them. */
const BATCH = 8;

/**
 * Opens a model for captioning. Inference runs in worker threads; the event loop stays free.
 * @param model a model folder, the name of one below models/, or nothing for the default model
 * @throws ShowtellError FILE_NOT_FOUND, MODEL_INVALID, MODEL_ALTERED, DEVICE_UNAVAILABLE, USAGE (precision)
 */
export async function loadCaptioner(model?: string, options: CaptionerOptions = {}): Promise<Captioner> {
  const loaded = await loadModel(resolveModel(model));
  const precision = choosePrecision(loaded, options.precision);
  const { folder, manifest } = loaded;
  const { workers, threads } = shareThreads(options);
  const setup = {
    ...(await graphSources(folder, manifest, precision, options.inMemory)),
    tokens: manifest.tokens,
    session: { device: options.device ?? "cpu", threads },
  };
  const pool = new CaptionPool(setup, workers, options);
  return new Captioner(loaded, precision, await pool.start(), pool);
}

/**
 * How many worker threads, and how many threads each session gets. Two sessions of one thread do more than one of two
 * (the operations are small), so a session gets more than one only where there are many. On a GPU one worker is enough.
 */
function shareThreads({ threads = availableParallelism(), workers, device = "cpu" }: CaptionerOptions) {
  const total = Math.max(1, Math.floor(threads));
  const each = Math.min(4, Math.max(1, Math.floor(total / 4)));
  const count = Math.max(1, workers ?? (device === "cpu" ? Math.min(8, Math.floor(total / each)) : 1));
  return { workers: count, threads: Math.max(1, Math.floor(total / count)) };
}

/** A model that writes captions; made by `loadCaptioner`. */
export class Captioner {
  readonly #model: Model;
  readonly #pool: CaptionPool;

  /** @internal */
  constructor(
    model: Model,
    readonly precision: Precision,
    /** Where the graphs run. */
    readonly provider: Provider,
    pool: CaptionPool,
  ) {
    this.#model = model;
    this.#pool = pool;
  }

  get manifest(): Manifest {
    return this.#model.manifest;
  }

  /** Folder of the model. */
  get folder(): string {
    return this.#model.folder;
  }

  /**
   * Captions one image.
   * @throws ShowtellError FILE_NOT_FOUND, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, USAGE; the signal's reason
   */
  async caption(image: ImageInput, options: CaptionOptions = {}): Promise<Caption> {
    const [caption] = await this.captionPixels([await decodeImage(image, this.manifest.preprocessing)], options);
    return caption!;
  }

  /**
   * Captions images that `decodeImage` decoded, in one batch.
   * @param images each [height, width, 3] RGB, of the size that the manifest's preprocessing names
   * @throws ShowtellError USAGE, MODEL_INVALID; the signal's reason
   */
  async captionPixels(images: Uint8Array[], options: PixelCaptionOptions = {}): Promise<Caption[]> {
    const { preprocessing } = this.manifest;
    const { signal, onWord } = options;
    const size = preprocessing.height * preprocessing.width * 3;
    const pixels = new Uint8Array(images.length * size);
    for (const [i, image] of images.entries()) pixels.set(image, i * size);
    const work: CaptionWork = {
      kind: "caption",
      pixels,
      dims: [images.length, preprocessing.height, preprocessing.width, 3],
      options: decodingOptions(options, this.manifest),
      words: onWord !== undefined,
    };
    const { words } = this.#model.tokenizer;
    const listen = onWord && ((image: number, token: number) => onWord(image, words[token]!));
    const decodings = await this.#pool.caption(work, signal, listen);
    return decodings.map((decoded) => writeCaption(decoded, this.#model.tokenizer, this.manifest));
  }

  /**
   * Runs one of the model's graphs in a worker thread. Names, types and shapes are those of the manifest.
   * @throws ShowtellError MODEL_INVALID if the model has no such graph, USAGE if the graph refuses the tensors
   */
  runGraph(
    role: GraphRole,
    inputs: Record<string, TensorValue>,
    signal?: AbortSignal,
  ): Promise<Record<string, TensorValue>> {
    return this.#pool.runGraph({ kind: "graph", role, inputs }, signal);
  }

  /** Starts all worker threads and lets each caption a blank image, so that the first real one does not wait. */
  async warmUp(): Promise<void> {
    await this.#pool.warmUp();
    const { height, width } = this.manifest.preprocessing;
    const blank = () => this.captionPixels([new Uint8Array(height * width * 3)], { beam: 1 });
    await Promise.all(Array.from({ length: this.#pool.size }, blank));
  }

  /** How many images can be captioned at once. */
  get workers(): number {
    return this.#pool.size;
  }

  /** Worker threads that ended or got stuck and were replaced. */
  get workerRestarts(): number {
    return this.#pool.restarts;
  }

  /** @internal */
  get pool(): CaptionPool {
    return this.#pool;
  }

  /**
   * Captions many images in order; decoding of the next ones overlaps inference. An image that cannot be read gives a
   * result with `error` and stops nothing.
   * @throws ShowtellError USAGE, MODEL_INVALID; the signal's reason
   */
  async *captionMany(images: Iterable<ImageInput>, options: CaptionOptions = {}): AsyncGenerator<CaptionResult> {
    const stopped = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stopped.signal]) : stopped.signal;
    const ahead: Promise<CaptionResult[]>[] = [];
    try {
      for (const batch of batches(images, BATCH)) {
        const results = this.#captionBatch(batch, { ...options, signal });
        results.catch(() => {}); // reported when its turn comes
        ahead.push(results);
        if (ahead.length > this.#pool.size + 1) yield* await ahead.shift()!;
      }
      while (ahead.length > 0) yield* await ahead.shift()!;
    } finally {
      stopped.abort();
    }
  }

  /** Ends the worker threads. */
  async close(): Promise<void> {
    await this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #captionBatch(images: ImageInput[], options: CaptionOptions): Promise<CaptionResult[]> {
    const decoded = await Promise.all(
      images.map((image) => decodeImage(image, this.manifest.preprocessing).catch(imageFailure)),
    );
    const readable = decoded.filter((pixels) => pixels instanceof Uint8Array);
    const captions = readable.length > 0 ? await this.captionPixels(readable, options) : [];
    let next = 0;
    return images.map((image, i) => {
      const pixels = decoded[i]!;
      return pixels instanceof Uint8Array ? { image, ...captions[next++]! } : { image, error: pixels };
    });
  }
}

function* batches<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** A fault of the image itself becomes its result; any other goes on. */
function imageFailure(error: unknown): ImageFailure {
  const ofImage = ["FILE_NOT_FOUND", "IMAGE_UNREADABLE", "IMAGE_TOO_LARGE"];
  if (error instanceof ShowtellError && ofImage.includes(error.code)) return describeError(error);
  throw error;
}
