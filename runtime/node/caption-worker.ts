import { describeError } from "../../errors/index.js";
import { decode } from "../core/decode.js";
import type { DecoderStep, SpecialTokens } from "../core/index.js";
import { type Encoder, onnxDecoderStep, onnxEncoder } from "./graphs.js";
import { GraphRunner } from "./run-graph.js";
import { placeSession } from "./session.js";
import { workerPort } from "./worker-port.js";
import type { CaptionJob, GraphJob, ToWorker, WorkerSetup } from "./worker-protocol.js";

/**
 * A worker, thread or process, that owns one encoder and one decoder session: pixels in, decodings out, so that no other
 * thread is held up.
 */
const port = workerPort();
const running = new Map<number, AbortController>();

/** What the sessions give, once they are open. */
interface Opened {
  tokens: SpecialTokens;
  encode: Encoder;
  step: DecoderStep;
  graphs: GraphRunner;
}

let opened: Promise<Opened | undefined> = Promise.resolve(undefined);
let queue: Promise<unknown> = opened;
if (port.setup) start(port.setup);
// From the first message on: jobs may come while the sessions are being opened.
port.receive((message: ToWorker) => {
  if (message.kind === "setup") {
    start(message.setup);
  } else if (message.kind === "cancel") {
    running.get(message.id)?.abort();
  } else if (message.kind === "close") {
    queue = queue.then(async () => {
      await (await opened)?.graphs.release();
      port.close();
    });
  } else {
    running.set(message.id, new AbortController());
    queue = queue.then(async () => {
      const sessions = await opened;
      if (sessions) await (message.kind === "caption" ? caption(message, sessions) : run(message, sessions));
    });
  }
});

function start(setup: WorkerSetup): void {
  opened = open(setup);
  queue = opened;
}

async function open({ encoder, decoder, captioner, tokens, session }: WorkerSetup): Promise<Opened | undefined> {
  try {
    const first = await placeSession(encoder, session);
    // One provider for both: what the encoder could not use, the decoder is not asked to try.
    const placed = { ...session, device: first.provider };
    const second = await placeSession(decoder, placed);
    const graphs = new GraphRunner({ encoder: first.session, decoder: second.session }, async () => {
      return captioner ? (await placeSession(captioner, placed)).session : undefined;
    });
    port.post({ kind: "ready", provider: first.provider });
    return { tokens, encode: onnxEncoder(first.session), step: onnxDecoderStep(second.session), graphs };
  } catch (error) {
    port.post({ kind: "broken", error: describeError(error) });
    port.close();
    return undefined;
  }
}

async function caption(job: CaptionJob, { tokens, encode, step }: Opened): Promise<void> {
  const { id, pixels, dims, options, words } = job;
  await answer(id, async (signal) => {
    const encoded = await encode({ data: pixels, dims });
    const onWord = words ? (image: number, token: number) => port.post({ kind: "word", id, image, token }) : undefined;
    const decodings = await decode(encoded, step, tokens, { ...options, signal, onWord });
    const maps = decodings.map(({ attention }) => attention.buffer as ArrayBuffer);
    port.post({ kind: "captioned", id, decodings }, maps);
  });
}

async function run({ id, role, inputs }: GraphJob, { graphs }: Opened): Promise<void> {
  await answer(id, async () => port.post({ kind: "ran", id, outputs: await graphs.run(role, inputs) }));
}

/** Does a job unless it was cancelled, and reports its failure. */
async function answer(id: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { signal } = running.get(id)!;
  try {
    signal.throwIfAborted();
    await work(signal);
  } catch (error) {
    port.post({ kind: "failed", id, error: describeError(error) });
  } finally {
    running.delete(id);
  }
}
