import { appendFileSync, closeSync, openSync, read } from "node:fs";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { ShowtellError } from "../../errors/index.js";
import { float16ToFloat32 } from "../weights/float16.js";
import { dataPath, indexPath, type StoredRecord } from "./segment-format.js";
import type { FeatureStore, UnreadableImage } from "./types.js";

const readAt = promisify(read);

/** Features that lie in the segments of one folder. */
export class DiskFeatureStore implements FeatureStore {
  readonly locations: number;
  readonly channels: number;
  readonly unreadable: UnreadableImage[];
  readonly #folder: string;
  readonly #ids: string[];
  readonly #records: StoredRecord[];
  readonly #positions: Map<string, number>;
  /** Plain descriptors: a store that nobody closes must not raise warnings when it is collected. */
  readonly #open = new Map<string, number>();

  constructor(
    folder: string,
    shape: { locations: number; channels: number },
    entries: { id: string; record: StoredRecord }[],
    unreadable: UnreadableImage[],
  ) {
    this.#folder = folder;
    this.locations = shape.locations;
    this.channels = shape.channels;
    this.unreadable = unreadable;
    this.#ids = entries.map(({ id }) => id);
    this.#records = entries.map(({ record }) => record);
    this.#positions = new Map(this.#ids.map((id, position) => [id, position]));
  }

  get length(): number {
    return this.#records.length;
  }

  has(id: string): boolean {
    return this.#positions.has(id);
  }

  indexOf(id: string): number {
    return this.#positions.get(id) ?? -1;
  }

  async read(indices: number[]): Promise<Float32Array> {
    const values = this.locations * this.channels;
    const half = new Uint16Array(indices.length * values); // [n, L, D]
    const bytes = new Uint8Array(half.buffer);
    const size = values * 2;
    await Promise.all(indices.map((index, n) => this.#readRecord(index, bytes.subarray(n * size, (n + 1) * size))));
    return float16ToFloat32(half);
  }

  async #readRecord(index: number, target: Uint8Array): Promise<void> {
    const record = this.#records[index];
    if (!record) throw new RangeError(`There are ${this.length} images with features; ${index} is none of them.`);
    let bytesRead = 0;
    try {
      const file = this.#descriptor(record.segment);
      ({ bytesRead } = await readAt(file, target, 0, target.length, record.row * target.length));
    } catch (error) {
      throw this.#damaged(index, record, (error as Error).message, error);
    }
    if (bytesRead !== target.length) throw this.#damaged(index, record, "the file is too short");
    if (crc32(target) !== record.crc) throw this.#damaged(index, record, "its checksum is wrong");
  }

  #descriptor(segment: string): number {
    let file = this.#open.get(segment);
    if (file === undefined) {
      file = openSync(dataPath(this.#folder, segment), "r");
      this.#open.set(segment, file);
    }
    return file;
  }

  /** Notes the damage on disk, so that the next extraction computes the image again. */
  #damaged(index: number, { segment, row }: StoredRecord, what: string, cause?: unknown): ShowtellError {
    try {
      // The line break closes a line that may have been cut off.
      appendFileSync(indexPath(this.#folder, segment), `\n${JSON.stringify({ damaged: row })}\n`);
    } catch {
      // A folder that cannot be written to: the error below still tells what is wrong.
    }
    const where = `record ${row} of ${dataPath(this.#folder, segment)}`;
    return new ShowtellError(
      "FEATURES_CORRUPT",
      `The stored features of ${this.#ids[index]} are damaged (${where}): ${what}.`,
      { cause },
    );
  }

  close(): void {
    for (const file of this.#open.values()) closeSync(file);
    this.#open.clear();
  }
}
