import { ShowtellError, toShowtellError } from "../../../errors/index.js";
import { decode } from "../../core/decode.js";
import { type DecoderStep, decodingOptions, writeCaption } from "../../core/index.js";
import {
  type CaptionJob,
  type FailureReport,
  type FromWorker,
  type ToWorker,
  WORKER_NAME,
  type WorkerSetup,
} from "../protocol.js";
import type { EncodedImage } from "./graphs.js";
import { type LoadedModel, loadModel } from "./model.js";
import { modelPixels } from "./pixels.js";

/** What is used of a worker's global scope; the types of window and worker cannot be had in one program. */
const scope = globalThis as unknown as {
  name: string;
  postMessage(message: FromWorker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
};

export interface OpenedGraphs {
  encode(pixels: Uint8Array, dims: number[]): Promise<EncodedImage>;
  adapter?: string;
  /** Resolves with a reason when the graphics device is gone. */
  lost?: Promise<string>;
}

/** Opens a model's graphs with one build of onnxruntime. */
export type OpenGraphs = (model: LoadedModel, threads: number) => Promise<OpenedGraphs>;

/** Takes the messages of a page: loads the model once, then captions one picture after the other. */
export function serve(open: OpenGraphs): void {
  if (scope.name !== WORKER_NAME) return;
  const running = new Map<number, AbortController>();
  let queue: Promise<unknown> = Promise.resolve();
  let loaded: { model: LoadedModel; graphs: OpenedGraphs } | undefined;

  scope.onmessage = ({ data: message }) => {
    if (message.kind === "cancel") {
      running.get(message.id)?.abort();
    } else if (message.kind === "load") {
      queue = load(message).catch((error) => post({ kind: "broken", error: report(error) }));
    } else {
      const cancelled = new AbortController();
      running.set(message.id, cancelled);
      queue = queue.then(() => caption(message, cancelled.signal)).finally(() => running.delete(message.id));
    }
  };

  async function load(setup: WorkerSetup): Promise<void> {
    const model = await loadModel(setup, (progress) => post({ kind: "progress", progress }));
    const total = [model.encoder, model.decoder].reduce((sum, { length }) => sum + length, 0);
    post({ kind: "progress", progress: { phase: "start", loaded: total, total, cached: 0 } });
    const graphs = await open(model, setup.threads);
    loaded = { model, graphs };
    graphs.lost?.then((reason) => post({ kind: "lost", reason }));
    const { manifest, precision } = model;
    post({ kind: "ready", manifest, precision, threads: setup.threads, adapter: graphs.adapter });
  }

  async function caption(job: CaptionJob, signal: AbortSignal): Promise<void> {
    const { id } = job;
    try {
      if (!loaded) throw new ShowtellError("INTERNAL", "The model is not loaded.");
      const { manifest, tokenizer } = loaded.model;
      const { width, height } = manifest.preprocessing;
      signal.throwIfAborted();
      const begun = performance.now();
      const pixels = await modelPixels(job.image, manifest.preprocessing);
      const decoded = performance.now();
      const image = await loaded.graphs.encode(pixels, [1, height, width, 3]);
      const encoded = performance.now();
      try {
        const step = job.stream ? telling(image.step, id, tokenizer.words) : image.step;
        const options = decodingOptions(job.stream ? { ...job.options, beam: 1 } : job.options, manifest);
        const [decoding] = await decode(image.encoded, interruptible(step), manifest.tokens, { ...options, signal });
        const timings = {
          picture: decoded - begun,
          encoder: encoded - decoded,
          decoder: performance.now() - encoded,
        };
        post({ kind: "captioned", id, caption: { ...writeCaption(decoding!, tokenizer, manifest), timings } });
      } finally {
        image.release();
      }
    } catch (error) {
      post({ kind: "failed", id, error: report(error) });
    }
  }
}

/**
 * Tells each word of a greedy caption: the step after a word is given that word, and the step before looked for it. The
 * last word is told too, since its step asks whether the caption ends.
 */
function telling(step: DecoderStep, id: number, words: string[]): DecoderStep {
  let index = -1;
  let attention = new Float32Array(0);
  return async (input) => {
    if (index >= 0) {
      const word = words[Number(input.token[0])] ?? "";
      post({ kind: "word", id, word: { word, index, attention } });
    }
    index++;
    const output = await step(input);
    attention = output.attention.data.slice(0, output.attention.dims[1]);
    return output;
  };
}

/** Lets the worker hear a cancellation before each word: graphs in WebAssembly run without a pause. */
function interruptible(step: DecoderStep): DecoderStep {
  const channel = new MessageChannel();
  return async (input) => {
    await new Promise<void>((resolve) => {
      channel.port1.onmessage = () => resolve();
      channel.port2.postMessage(null);
    });
    return step(input);
  };
}

function report(error: unknown): FailureReport {
  const { code, message } = toShowtellError(error);
  return { code, message };
}

function post(message: FromWorker): void {
  scope.postMessage(message);
}
