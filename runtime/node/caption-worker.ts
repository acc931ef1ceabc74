import { parentPort, workerData } from "node:worker_threads";
import { describeError } from "../../errors/index.js";
import { decode } from "../core/decode.js";
import type { DecoderStep } from "../core/index.js";
import { type Encoder, onnxDecoderStep, onnxEncoder } from "./graphs.js";
import { placeSession } from "./session.js";
import type { CaptionJob, FromWorker, ToWorker, WorkerSetup } from "./worker-protocol.js";

/** Thread that owns one encoder and one decoder session: pixels in, decodings out, so that no other thread is held up. */
const port = parentPort!;
const { encoder, decoder, tokens, session } = workerData as WorkerSetup;
const running = new Map<number, AbortController>();

try {
  const first = await placeSession(encoder, session);
  // One provider for both: what the encoder could not use, the decoder is not asked to try.
  const second = await placeSession(decoder, { ...session, device: first.provider });
  const encode = onnxEncoder(first.session);
  const step = onnxDecoderStep(second.session);
  let queue = Promise.resolve();
  port.on("message", (message: ToWorker) => {
    if (message.kind === "cancel") {
      running.get(message.id)?.abort();
    } else if (message.kind === "caption") {
      running.set(message.id, new AbortController());
      queue = queue.then(() => caption(message, encode, step));
    } else {
      queue = queue.then(async () => {
        await first.session.release();
        await second.session.release();
        port.close();
      });
    }
  });
  post({ kind: "ready", provider: first.provider });
} catch (error) {
  post({ kind: "broken", error: describeError(error) });
  port.close();
}

async function caption(job: CaptionJob, encode: Encoder, step: DecoderStep): Promise<void> {
  const { id, pixels, dims, options } = job;
  const { signal } = running.get(id)!;
  try {
    signal.throwIfAborted();
    const encoded = await encode({ data: pixels, dims });
    const decodings = await decode(encoded, step, tokens, { ...options, signal });
    const maps = decodings.map(({ attention }) => attention.buffer as ArrayBuffer);
    post({ kind: "captioned", id, decodings }, maps);
  } catch (error) {
    post({ kind: "failed", id, error: describeError(error) });
  } finally {
    running.delete(id);
  }
}

function post(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}
