import type { describeError } from "../../errors/index.js";
import type { Caption, CaptionOptions, Precision } from "../core/index.js";
import type { Device } from "./session.js";
import type { Isolation } from "./worker-host.js";

export type { Caption, CaptionOptions } from "../core/index.js";

/** Path of an image file, or the file's bytes. */
export type ImageInput = string | Uint8Array;

export interface CaptionerOptions {
  /** fp32, fp16 or int8 of those that the model has; the best by default. */
  precision?: Precision;
  /** Where to run: "cpu" by default; "auto" tries cuda, webgpu and cpu in turn. */
  device?: Device;
  /** CPU threads in all; as many as the machine has by default. */
  threads?: number;
  /** Worker threads that share them, each started when it is first needed; up to eight by default. */
  workers?: number;
  /** Keep the graphs' bytes, so that a worker can be replaced after the model's files were; false by default. */
  inMemory?: boolean;
  /** "thread" by default; "process" keeps a crash in native code from ending this process. */
  isolation?: Isolation;
  /** Milliseconds amid work without a sign of life after which a worker is replaced; never by default. */
  stuckAfter?: number;
}

export interface PixelCaptionOptions extends CaptionOptions {
  /** Told of each word as it is written, with the image's place in its batch; greedy decoding (beam 1) alone. */
  onWord?: (image: number, word: string) => void;
}

/** Why an image has no caption. */
export type ImageFailure = ReturnType<typeof describeError>;

export type CaptionResult = { image: ImageInput } & (Caption | { error: ImageFailure });
