import type { ErrorCode } from "../../errors/index.js";

export interface ImageFile {
  /** Unique in the call. */
  id: string;
  file: string;
}

/** An image for which there are no features. */
export interface UnreadableImage {
  id: string;
  code: ErrorCode;
  message: string;
}

/** The features of the images of one call, on disk. */
export interface FeatureStore {
  /** L, locations of an image's grid, row by row. */
  locations: number;
  /** D, values of a location. */
  channels: number;
  /** How many images have features. */
  length: number;
  /** Images that could not be read, in the order of the call. */
  unreadable: UnreadableImage[];
  has(id: string): boolean;
  /** Position of an image among those that have features, or -1. */
  indexOf(id: string): number;
  /**
   * Reads the features of some images from disk.
   * @returns [indices.length, L, D]
   * @throws ShowtellError FEATURES_CORRUPT where the data on disk are damaged; they are computed anew by the next call
   */
  read(indices: number[]): Promise<Float32Array>;
  /** Closes the files; they are opened again when something is read. */
  close(): void;
}

export interface ExtractionProgress {
  /** Images computed per second in this call, without those that were there before. */
  imagesPerSecond: number;
  /** Images that were there before. */
  cached: number;
  unreadable: number;
}

export interface ExtractionOptions {
  /** Folder of the cache; $SHOWTELL_CACHE or the user's cache folder, below it `features`, by default. */
  cacheDir?: string;
  /** Whether the images are mirrored, left to right, before the network sees them. */
  mirrored?: boolean;
  /** Images a run of the network. */
  batch?: number;
  /** Images between two commits to disk: as many are lost at most when the process is killed. */
  commit?: number;
  onProgress?(done: number, total: number, progress: ExtractionProgress): void;
  signal?: AbortSignal;
}
