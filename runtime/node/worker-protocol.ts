import type { describeError } from "../../errors/index.js";
import type { Decoding, DecodingOptions, GraphRole, GraphValue, SpecialTokens } from "../core/index.js";
import type { GraphSource, Provider, SessionOptions } from "./session.js";

/** What a caption worker is started with. */
export interface WorkerSetup {
  encoder: GraphSource;
  decoder: GraphSource;
  /** The whole thing in one graph, where the model has it; opened when it is first asked for. */
  captioner?: GraphSource;
  tokens: SpecialTokens;
  session: SessionOptions;
}

/** A tensor as it crosses threads; `data` is the typed array that onnxruntime has for `dtype`. */
export interface TensorValue {
  dtype: GraphValue["dtype"];
  dims: number[];
  data: Float32Array | Uint16Array | Uint8Array | Int8Array | Int32Array | BigInt64Array;
}

/** A batch of images to caption. */
export interface CaptionWork {
  kind: "caption";
  /** [N, height, width, 3] */
  pixels: Uint8Array;
  dims: number[];
  options: Omit<DecodingOptions, "signal" | "onWord">;
  /** Whether each word is to be told as it is written (greedy decoding alone). */
  words: boolean;
}

/** One run of one graph. */
export interface GraphWork {
  kind: "graph";
  role: GraphRole;
  inputs: Record<string, TensorValue>;
}

export type CaptionJob = CaptionWork & { id: number };
export type GraphJob = GraphWork & { id: number };

/** `setup` is the first message to a process; a thread has it from its start. */
export type ToWorker =
  | { kind: "setup"; setup: WorkerSetup }
  | CaptionJob
  | GraphJob
  | { kind: "cancel"; id: number }
  | { kind: "close" };

export type FailureReport = ReturnType<typeof describeError>;

export type FromWorker =
  | { kind: "ready"; provider: Provider }
  | { kind: "broken"; error: FailureReport }
  | { kind: "word"; id: number; image: number; token: number }
  | { kind: "captioned"; id: number; decodings: Decoding[] }
  | { kind: "ran"; id: number; outputs: Record<string, TensorValue> }
  | { kind: "failed"; id: number; error: FailureReport };
