export type Split = "train" | "val" | "test";

export interface CaptionedImage {
  /** Unique in the data set: the image's path below its folder, or the id that the file gives. */
  id: string;
  /** Absolute path. */
  file: string;
  /** Captions as they were written. */
  captions: string[];
  /** The captions' words, where the file gives them beside the text. */
  tokens?: string[][];
  split: Split;
}

/** A number of things, the first of them by name. */
export interface Counted {
  count: number;
  first: string[];
}

/** What was found, and what was left out and why. */
export interface DatasetReport {
  format: string;
  source: string;
  images: number;
  captions: number;
  splits: Record<Split, number>;
  /** Whether the splits are the file's own or (all, or what it lacks) made with a seed. */
  splitsFrom: "file" | "seed";
  /** Images that the captions name and that are not there. */
  missing: Counted;
  /** Images without a caption: in the caption file, or on the disk beside others that have some. */
  uncaptioned: Counted;
  /** Lines or entries that cannot be understood. */
  broken: Counted;
  notes: string[];
}

export interface Dataset {
  name: string;
  format: string;
  images: CaptionedImage[];
  report: DatasetReport;
}

/** An image as a caption file tells of it. */
export interface Entry {
  /** Path below the images' folder. */
  image: string;
  id?: string;
  captions: string[];
  tokens?: string[][];
  split?: Split;
}

/** What a reader makes of a caption file. */
export interface Reading {
  entries: Entry[];
  /** Lines or entries that cannot be understood, each with its place and reason. */
  broken: string[];
  /** Folders in which the format's images usually lie, relative to the caption file; tried in this order. */
  folders: string[];
}

/** A caption file format: one file, one line of registry. */
export interface DatasetFormat {
  name: string;
  /** What it looks like, for error messages. */
  description: string;
  /** Whether a file is of this format; `head` is its first 64 KiB. */
  recognises(path: string, head: string): boolean;
  /** Reads the file; several where the format spreads a data set over files of one folder. */
  read(paths: string[]): Promise<Reading>;
  /** Whether files of one folder belong together. */
  joins?: boolean;
}
