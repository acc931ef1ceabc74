import type { Caption, Precision } from "../core/index.js";

/** Where graphs run: "webgpu" on the graphics processor, "wasm" on the processor. */
export type Provider = "webgpu" | "wasm";

/** What can be asked for; "auto" takes WebGPU where it is there and the model suits it, else WebAssembly. */
export type Device = Provider | "auto";

/** How far loading is. */
export interface LoadProgress {
  phase: "download" | "start";
  /** Bytes of the model's files that are here, out of `total`. */
  loaded: number;
  total: number;
  /** Bytes of them that came from this browser's cache. */
  cached: number;
}

export interface LoadOptions {
  device?: Device;
  /** The one with the smallest files by default. */
  precision?: Precision;
  /** Threads of WebAssembly; up to four where the page is cross-origin isolated, else one. */
  threads?: number;
  onProgress?: (progress: LoadProgress) => void;
  /** Stops loading; `loadCaptioner` then rejects with its reason. */
  signal?: AbortSignal;
  /** Whether files that were loaded are kept in the Cache API for the next visit; true by default. */
  keep?: boolean;
  /**
   * Compressed forms that lie beside the files as FILE.br or FILE.gz, best first. They are unpacked here, so that the
   * host need not compress. None by default.
   */
  compressed?: ("br" | "gz")[];
  /**
   * Address of a module that unpacks onnxruntime's binary from its form "br" where the browser cannot, which gains more than
   * the module takes: its default export gives a stream that does (see `BrotliModule`).
   */
  brotli?: string | URL;
  /** Where onnxruntime's binary lies for each provider, where the bundler does not know; kept and checked as the model is. */
  runtime?: Partial<Record<Provider, RuntimeFile>>;
}

/** What `LoadOptions.brotli` names. */
export interface BrotliModule {
  /** A stream that takes Brotli and gives what was packed. */
  default(): Promise<TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>>;
}

/** A file outside the model's folder. */
export interface RuntimeFile {
  url: string;
  bytes: number;
  sha256: string;
}

/** Milliseconds that a caption took, by part. */
export interface Timings {
  /** Decoding and scaling the picture. */
  picture: number;
  encoder: number;
  /** All words. */
  decoder: number;
}

/** A caption with what it took. */
export interface TimedCaption extends Caption {
  timings: Timings;
}

/** A word as it is written, before the caption is finished. */
export interface StreamedWord {
  word: string;
  /** Its place in the caption, from 0. */
  index: number;
  /** [rows x columns of the model's grid]: where the model looked for it. */
  attention: Float32Array;
}
