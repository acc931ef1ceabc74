import { ShowtellError } from "../../errors/index.js";
import type { Backbone } from "../backbone/index.js";
import { Encoder } from "./encoder.js";
import { type FoundImage, inOrder, knownContent, readImage } from "./image-source.js";
import { mirror } from "./mirror.js";
import type { FeatureIndex } from "./segment-format.js";
import type { SegmentWriter } from "./segment-writer.js";
import type { ExtractionOptions, UnreadableImage } from "./types.js";

const DEFAULT_BATCH = 8;
/** A commit waits for the disk: often enough to lose little, seldom enough to cost little. */
const DEFAULT_COMMIT = 64;
/** Batches decoded ahead of the network. */
const AHEAD = 2;
/** Batches in the network's thread at once: one computed, one waiting, so that it never idles. */
const IN_FLIGHT = 2;

interface Batch {
  /** New contents and their pixels. */
  images: { image: string; pixels: Uint8Array }[];
  /** Files read since the batch before; their contents are in this batch or were known before. */
  files: { found: FoundImage; image: string }[];
}

/** One pass over the images that a call was given: decode, compute, append, commit. Results do not depend on timing. */
export class Extraction {
  readonly unreadable: UnreadableImage[] = [];
  /** sha256 of the bytes of each readable image, by image id. */
  readonly contents = new Map<string, string>();
  readonly #pending = new Set<string>();
  readonly #flight: { batch: Batch; features: Promise<Uint16Array> }[] = [];
  #encoder: Encoder | undefined;
  #total = 0;
  #cached = 0;
  #computed = 0;
  #uncommitted = 0;
  #started = performance.now();

  constructor(
    private readonly backbone: Backbone,
    private readonly index: FeatureIndex,
    private readonly writer: SegmentWriter,
    private readonly options: ExtractionOptions,
  ) {}

  async run(images: (FoundImage | UnreadableImage)[]): Promise<void> {
    const missing: FoundImage[] = [];
    for (const image of images) {
      if ("code" in image) {
        this.unreadable.push(image);
        continue;
      }
      const content = knownContent(this.index, image);
      if (content) this.contents.set(image.id, content);
      else missing.push(image);
    }
    this.#total = images.length;
    this.#cached = this.contents.size;
    this.#report();
    if (missing.length === 0) return;
    try {
      await this.#compute(missing);
      if (this.options.signal?.aborted) {
        throw new ShowtellError("INTERRUPTED", `Stopped after the features of ${this.contents.size} images.`);
      }
    } finally {
      await this.writer.close();
      await this.#encoder?.close();
    }
  }

  async #compute(missing: FoundImage[]): Promise<void> {
    const size = this.options.batch ?? DEFAULT_BATCH;
    const isKnown = (image: string) => this.index.records.has(image) || this.#pending.has(image);
    let batch: Batch = { images: [], files: [] };
    try {
      const reading = inOrder(missing, AHEAD * size, (found) => readImage(found, this.backbone.input, isKnown));
      for await (const read of reading) {
        if (this.options.signal?.aborted) break;
        if ("failed" in read) {
          this.unreadable.push(read.failed);
          continue;
        }
        batch.files.push(read);
        if (!read.pixels || isKnown(read.image)) continue;
        this.#pending.add(read.image);
        const pixels = this.options.mirrored ? mirror(read.pixels, this.backbone.input.width) : read.pixels;
        batch.images.push({ image: read.image, pixels });
        if (batch.images.length < size) continue;
        await this.#dispatch(batch);
        batch = { images: [], files: [] };
      }
      if (!this.options.signal?.aborted) await this.#dispatch(batch);
      while (this.#flight.length > 0) await this.#collect();
    } finally {
      // After an error too: what was computed is kept.
      await this.writer.commit();
    }
  }

  async #dispatch(batch: Batch): Promise<void> {
    if (this.#flight.length >= IN_FLIGHT) await this.#collect();
    const count = batch.images.length;
    if (count === 0) {
      this.#flight.push({ batch, features: Promise.resolve(new Uint16Array()) });
      return;
    }
    this.#encoder ??= await Encoder.start(this.backbone);
    if (this.#computed === 0 && this.#flight.length === 0) this.#started = performance.now();
    const bytes = batch.images[0]!.pixels.length;
    const pixels = new Uint8Array(count * bytes); // [count, height, width, 3]
    for (const [n, image] of batch.images.entries()) pixels.set(image.pixels, n * bytes);
    const features = this.#encoder.encode(pixels, count);
    // Its error is met in #collect.
    features.catch(() => {});
    this.#flight.push({ batch, features });
  }

  /** Takes the oldest batch's features from the network to the disk. */
  async #collect(): Promise<void> {
    const { batch, features } = this.#flight.shift()!;
    const half = await features; // [count, L, D]
    const values = half.length / Math.max(1, batch.images.length);
    for (const [n, { image }] of batch.images.entries()) {
      const record = half.subarray(n * values, (n + 1) * values);
      const bytes = new Uint8Array(record.buffer, record.byteOffset, record.byteLength);
      this.index.records.set(image, this.writer.addRecord(image, bytes));
      this.#pending.delete(image);
    }
    for (const { found, image } of batch.files) {
      this.writer.addFile(found.path, found.size, found.modified, image);
      this.contents.set(found.id, image);
    }
    this.#computed += batch.images.length;
    this.#uncommitted += batch.images.length;
    if (this.#uncommitted >= (this.options.commit ?? DEFAULT_COMMIT)) {
      await this.writer.commit();
      this.#uncommitted = 0;
    }
    this.#report();
  }

  #report(): void {
    const seconds = (performance.now() - this.#started) / 1000;
    const done = this.contents.size + this.unreadable.length;
    this.options.onProgress?.(done, this.#total, {
      imagesPerSecond: this.#computed / Math.max(seconds, 1e-3),
      cached: this.#cached,
      unreadable: this.unreadable.length,
    });
  }
}
