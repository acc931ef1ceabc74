import { parentPort, workerData } from "node:worker_threads";
import * as ort from "onnxruntime-node";
import { float32ToFloat16 } from "../weights/float16.js";
import type { EncoderAnswer, EncoderQuestion, EncoderSetup } from "./encoder.js";

/** Runs the network in its own thread: onnxruntime-node blocks the thread that it computes in. */
const { model, width, height } = workerData as EncoderSetup;
const port = parentPort!;

const session = await ort.InferenceSession.create(model, {
  executionProviders: ["cpu"],
  // Waiting threads must not take the cores from the decoding of the next images.
  extra: { session: { intra_op: { allow_spinning: "0" } } },
});

async function encode({ pixels, count }: EncoderQuestion): Promise<Uint16Array> {
  const image = new ort.Tensor("uint8", pixels, [count, height, width, 3]);
  const { features } = await session.run({ image }); // [count, L, D]
  const half = float32ToFloat16(features!.data as Float32Array);
  features!.dispose();
  return half;
}

function answer(reply: EncoderAnswer, transfer: ArrayBuffer[] = []): void {
  port.postMessage(reply, transfer);
}

port.on("message", (question: EncoderQuestion) => {
  encode(question).then(
    (half) => answer({ id: question.id, half }, [half.buffer as ArrayBuffer]),
    (error) => answer({ id: question.id, error: String((error as Error)?.message ?? error) }),
  );
});
answer({ id: 0 });
