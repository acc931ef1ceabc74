import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { explainWriteError, writeFileAtomic } from "../../files/atomic.js";
import { dataPath, type IndexLine, indexPath, type StoredRecord } from "./segment-format.js";

/** Records of a segment; then the next one is begun, so that no file grows without bound. */
const MAX_ROWS = 4096;

/** Sorts by time, and is no other process's. */
export function newSegmentName(): string {
  return `${Date.now().toString(36).padStart(9, "0")}-${process.pid}-${randomBytes(4).toString("hex")}`;
}

/** Appends records and lines; nothing of them counts before `commit`. */
export class SegmentWriter {
  readonly #folder: string;
  readonly #description: Record<string, unknown>;
  readonly #nextName: () => string;
  #segment: string | undefined;
  #data: FileHandle | undefined;
  #index: FileHandle | undefined;
  #rows = 0;
  #parts: Uint8Array[] = [];
  #lines: string[] = [];

  /** @param description what the folder holds, for people; written once to features.json */
  constructor(folder: string, description: Record<string, unknown>, nextName = newSegmentName) {
    this.#folder = folder;
    this.#description = description;
    this.#nextName = nextName;
  }

  /** Takes over the bytes of one image's features. */
  addRecord(image: string, bytes: Uint8Array): StoredRecord {
    this.#segment ??= this.#nextName();
    const record = { segment: this.#segment, row: this.#rows++, crc: crc32(bytes) };
    this.#parts.push(bytes);
    this.#addLine({ row: record.row, image, crc: record.crc });
    return record;
  }

  addFile(file: string, size: number, modified: number, image: string): void {
    this.#addLine({ file, size, modified, image });
  }

  #addLine(line: IndexLine): void {
    this.#lines.push(`${JSON.stringify(line)}\n`);
  }

  /**
   * Makes all that was added safe: the records first, then the lines that point to them.
   * @throws ShowtellError DISK_FULL; what was committed before stays good
   */
  async commit(): Promise<void> {
    if (this.#lines.length === 0) return;
    this.#segment ??= this.#nextName();
    const segment = this.#segment;
    const path = dataPath(this.#folder, segment);
    const [parts, lines] = [this.#parts, this.#lines];
    this.#parts = [];
    this.#lines = [];
    try {
      await this.#prepareFolder();
      if (parts.length > 0) {
        this.#data ??= await open(path, "a");
        for (const part of parts) await this.#data.appendFile(part);
        await this.#data.datasync();
      }
      this.#index ??= await open(indexPath(this.#folder, segment), "a");
      await this.#index.appendFile(lines.join(""));
      await this.#index.datasync();
    } catch (error) {
      // What a failed write left behind has no lines; later records must not stand after it.
      await this.close();
      throw explainWriteError(error, path);
    }
    if (this.#rows >= MAX_ROWS) await this.close();
  }

  async #prepareFolder(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, "features.json");
    if (!existsSync(path)) await writeFileAtomic(path, `${JSON.stringify(this.#description, null, 2)}\n`);
  }

  /** Closes the segment's files; a later record begins another segment. */
  async close(): Promise<void> {
    await this.#data?.close();
    await this.#index?.close();
    this.#segment = undefined;
    this.#data = undefined;
    this.#index = undefined;
    this.#rows = 0;
  }
}
