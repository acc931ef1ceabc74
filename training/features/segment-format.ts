import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * The cache of one backbone is a folder of segments. Each process writes its own: NAME.f16, records of L x D half-precision
 * values one after the other, and NAME.jsonl, one line for each record and for each file that has it. A line is written
 * after its record is safe on disk; a line that was cut off by a kill is passed over, and so is a record without a line.
 * Nothing is ever overwritten, so that any number of processes may write and read at the same time.
 */
export type IndexLine =
  /** Record `row` holds the features of the image whose bytes have this sha256. */
  | { row: number; image: string; crc: number }
  /** This file, as long as its size and time stay the same, is that image. */
  | { file: string; size: number; modified: number; image: string }
  /** Record `row` was found damaged. */
  | { damaged: number };

export interface StoredRecord {
  segment: string;
  row: number;
  /** CRC-32 of the record's bytes. */
  crc: number;
}

export interface KnownFile {
  size: number;
  modified: number;
  image: string;
}

export interface FeatureIndex {
  /** By sha256 of the image's bytes. */
  records: Map<string, StoredRecord>;
  /** By absolute path. */
  files: Map<string, KnownFile>;
}

export const dataPath = (folder: string, segment: string) => join(folder, `${segment}.f16`);
export const indexPath = (folder: string, segment: string) => join(folder, `${segment}.jsonl`);

/** Reads the lines of all segments; records that the data file is too short for count as lost. */
export async function readIndex(folder: string, recordBytes: number): Promise<FeatureIndex> {
  const index: FeatureIndex = { records: new Map(), files: new Map() };
  if (!existsSync(folder)) return index;
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  for (const name of names) {
    const segment = name.slice(0, -".jsonl".length);
    // Size first: what a process appends meanwhile is safe before its line appears, and is found the next time.
    const text = await readFile(join(folder, name), "utf8");
    const bytes = await stat(dataPath(folder, segment)).then(
      ({ size }) => size,
      () => 0,
    );
    const damaged = new Set<number>();
    const records = new Map<number, { image: string; crc: number }>();
    for (const line of parseLines(text)) {
      if ("damaged" in line) damaged.add(line.damaged);
      else if ("row" in line) records.set(line.row, line);
      else index.files.set(line.file, { size: line.size, modified: line.modified, image: line.image });
    }
    for (const [row, { image, crc }] of records) {
      if (!damaged.has(row) && (row + 1) * recordBytes <= bytes) index.records.set(image, { segment, row, crc });
    }
  }
  return index;
}

/** The lines that are whole. */
function* parseLines(text: string): Generator<IndexLine> {
  for (const line of text.split("\n")) {
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    try {
      yield JSON.parse(line) as IndexLine;
    } catch {
      // Cut off by a kill, or damaged: what it told is computed again.
    }
  }
}
