import type { ErrorCode } from "../../errors/index.js";
import type { CaptionOptions, Manifest, Precision } from "../core/index.js";
import type { LoadProgress, RuntimeFile, StreamedWord, TimedCaption } from "./types.js";
import type { PrecisionChoice } from "./worker/choose-precision.js";

/** The name under which a page starts its worker; onnxruntime starts the same file for its threads, by other names. */
export const WORKER_NAME = "showtell";

/** What a caption worker is started with. */
export interface WorkerSetup {
  kind: "load";
  /** Absolute address of the model's folder, with a slash at its end. */
  url: string;
  precision: PrecisionChoice;
  threads: number;
  keep: boolean;
  compressed: ("br" | "gz")[];
  /** Whole address of a module that unpacks Brotli. */
  brotli?: string;
  runtime?: RuntimeFile;
}

/** A picture to caption; `stream` has each word told when it is written (greedy). */
export interface CaptionJob {
  kind: "caption";
  id: number;
  image: Blob | ImageBitmap | ImageData;
  options: Omit<CaptionOptions, "signal">;
  stream: boolean;
}

export type ToWorker = WorkerSetup | CaptionJob | { kind: "cancel"; id: number };

export interface FailureReport {
  code: ErrorCode;
  message: string;
}

/** What a worker that is ready knows. */
export interface Ready {
  kind: "ready";
  manifest: Manifest;
  precision: Precision;
  threads: number;
  /** Name of the graphics adapter, where one is used. */
  adapter?: string;
}

export type FromWorker =
  | { kind: "progress"; progress: LoadProgress }
  | Ready
  | { kind: "broken"; error: FailureReport }
  /** The graphics device is gone; nothing more comes from this worker. */
  | { kind: "lost"; reason: string }
  | { kind: "word"; id: number; word: StreamedWord }
  | { kind: "captioned"; id: number; caption: TimedCaption }
  | { kind: "failed"; id: number; error: FailureReport };
