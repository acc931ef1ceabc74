import type { describeError } from "../../errors/index.js";
import type { Decoding, DecodingOptions, SpecialTokens } from "../core/index.js";
import type { Provider, SessionOptions } from "./session.js";

/** What a caption worker is started with. */
export interface WorkerSetup {
  /** Paths of the two graphs. */
  encoder: string;
  decoder: string;
  tokens: SpecialTokens;
  session: SessionOptions;
}

/** A batch of images to caption. */
export interface CaptionJob {
  kind: "caption";
  id: number;
  /** [N, height, width, 3]; handed over, not copied */
  pixels: Uint8Array;
  dims: number[];
  options: Omit<DecodingOptions, "signal">;
}

export type ToWorker = CaptionJob | { kind: "cancel"; id: number } | { kind: "close" };

export type FailureReport = ReturnType<typeof describeError>;

export type FromWorker =
  | { kind: "ready"; provider: Provider }
  | { kind: "broken"; error: FailureReport }
  | { kind: "captioned"; id: number; decodings: Decoding[] }
  | { kind: "failed"; id: number; error: FailureReport };
