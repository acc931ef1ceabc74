import { readFile } from "node:fs/promises";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import { decode, type SpecialTokens } from "../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../runtime/node/graphs.js";

/** What bench/inference.ts asks this child and Python's for, as JSON in the first argument. */
export interface InferenceTask {
  /** "step-wise" is encoder and decoder with TypeScript's search between. */
  role: "encoder" | "decoder" | "captioner" | "step-wise";
  files: Partial<Record<"encoder" | "decoder" | "captioner", string>>;
  threads: number;
  runs: number;
  /** File of [height, width, 3] bytes. */
  pixels: string;
  height: number;
  width: number;
  beam: number;
  maxLength: number;
  lengthExponent: number;
  tokens: SpecialTokens;
}

// Prints {"seconds": […]} of one graph's runs on one image, after two that do not count.
if (process.argv[2]) {
  const task = JSON.parse(process.argv[2]) as InferenceTask;
  const run = await prepared(task);
  const seconds: number[] = [];
  for (let i = -2; i < task.runs; i++) {
    const started = performance.now();
    await run();
    if (i >= 0) seconds.push((performance.now() - started) / 1000);
  }
  process.stdout.write(`${JSON.stringify({ seconds })}\n`);
}

async function prepared(task: InferenceTask): Promise<() => Promise<unknown>> {
  const { role, threads, height, width, beam, maxLength, lengthExponent, tokens } = task;
  const image = { data: new Uint8Array(await readFile(task.pixels)), dims: [1, height, width, 3] };
  const open = (name: keyof InferenceTask["files"]): Promise<InferenceSession> =>
    openSession(task.files[name] as string, { threads });
  if (role === "captioner") {
    const session = await open("captioner");
    const whole = (value: number) => new Tensor("int64", BigInt64Array.of(BigInt(value)), []);
    const feeds = { max_length: whole(maxLength), beam: whole(beam) };
    return () => session.run({ image: new Tensor("uint8", image.data, image.dims), ...feeds });
  }
  const encode = onnxEncoder(await open("encoder"));
  if (role === "encoder") return () => encode(image);
  const step = onnxDecoderStep(await open("decoder"));
  if (role === "step-wise") {
    return async () => decode(await encode(image), step, tokens, { beam, maxLength, lengthExponent });
  }
  const encoded = await encode(image);
  const rows = ({ data, dims }: { data: Float32Array; dims: number[] }) => ({
    data: Float32Array.from({ length: data.length * beam }, (_, i) => data[i % data.length]),
    dims: [beam, ...dims.slice(1)],
  });
  const [features, projected] = [rows(encoded.features), rows(encoded.projected)];
  const [hidden, cell] = [rows(encoded.hidden), rows(encoded.cell)];
  const token = new BigInt64Array(beam).fill(BigInt(tokens.start));
  return () => step({ token, features, projected, hidden, cell });
}
