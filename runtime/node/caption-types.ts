import type { describeError } from "../../errors/index.js";
import type { Caption, Precision } from "../core/index.js";
import type { Device } from "./session.js";

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
}

/** Why an image has no caption. */
export type ImageFailure = ReturnType<typeof describeError>;

export type CaptionResult = { image: ImageInput } & (Caption | { error: ImageFailure });
