import type { InferenceSession } from "onnxruntime-node";
import { decode, type GraphFile, type GraphValue, listGraphs, type Precision } from "../core/index.js";
import { onnxDecoderStep, onnxEncoder } from "./graphs.js";
import { graphPath, loadModel, type Model } from "./model.js";
import { openSession } from "./session.js";

/** One thing that was looked at. */
export interface ModelCheck {
  check: string;
  ok: boolean;
  /** What was found: why it is not ok, or a word on what it is. */
  message: string;
}

export interface ModelVerification {
  folder: string;
  ok: boolean;
  checks: ModelCheck[];
}

/**
 * Looks at everything of a model folder: manifest, tokenizer, size and sha256 of every graph, whether onnxruntime opens
 * it, whether its inputs and outputs are those of the manifest, and whether a trial run gives a sound caption.
 * Never throws on a fault of the model: the checks say it.
 */
export async function verifyModel(folder: string): Promise<ModelVerification> {
  const checks: ModelCheck[] = [];
  const attempt = async <T>(check: string, work: () => Promise<[T, string]>): Promise<T | undefined> => {
    try {
      const [value, message] = await work();
      checks.push({ check, ok: true, message });
      return value;
    } catch (error) {
      checks.push({ check, ok: false, message: (error as Error).message });
      return undefined;
    }
  };
  const verdict = () => ({ folder, ok: checks.every(({ ok }) => ok), checks });

  const model = await attempt("manifest and tokenizer", async () => {
    const loaded = await loadModel(folder);
    return [loaded, `${loaded.manifest.name}, ${loaded.tokenizer.words.length} words`];
  });
  if (!model) return verdict();

  const sessions = new Map<string, InferenceSession>();
  try {
    for (const { role, precision, graph } of listGraphs(model.manifest)) {
      const name = `${role} ${precision}`;
      const session = await attempt(name, async () => {
        const opened = await openSession(await graphPath(folder, graph));
        sessions.set(name, opened);
        requireSame(graph, opened);
        return [opened, `${graph.file}, ${megabytes(graph.bytes)}, opset ${graph.opset}`];
      });
      if (!session) sessions.delete(name);
    }
    for (const precision of ["fp32", "fp16", "int8"] as const) {
      const [encoder, decoder] = [sessions.get(`encoder ${precision}`), sessions.get(`decoder ${precision}`)];
      if (!encoder || !decoder) continue;
      await attempt(`trial run ${precision}`, () => trialRun(model, encoder, decoder, precision));
    }
  } finally {
    for (const session of sessions.values()) await session.release();
  }
  return verdict();
}

/** Throws what the opened graph has otherwise than the manifest says. */
function requireSame(graph: GraphFile, session: InferenceSession): void {
  const faults = [
    ...differences("input", graph.inputs, session.inputMetadata),
    ...differences("output", graph.outputs, session.outputMetadata),
  ];
  if (faults.length > 0) throw new Error(`${graph.file}: ${faults.join("; ")}`);
}

function differences(side: string, said: GraphValue[], found: readonly InferenceSession.ValueMetadata[]): string[] {
  const names = new Set([...said, ...found].map(({ name }) => name));
  return [...names].flatMap((name) => {
    const value = said.find((candidate) => candidate.name === name);
    const real = found.find((candidate) => candidate.name === name);
    if (!value) return [`${side} ${name} is not in model.json`];
    if (!real?.isTensor) return [`${side} ${name} is not in the graph`];
    const shape = real.shape.map((size) => (typeof size === "number" ? size : "N"));
    const fits =
      shape.length === value.shape.length && shape.every((size, i) => size === "N" || size === value.shape[i]);
    if (real.type === value.dtype && fits) return [];
    return [`${side} ${name} is ${real.type} [${shape}], model.json says ${value.dtype} [${value.shape}]`];
  });
}

/** Captions two synthetic pictures in one batch and looks at what comes out. */
async function trialRun(
  { manifest, tokenizer }: Model,
  encoder: InferenceSession,
  decoder: InferenceSession,
  precision: Precision,
): Promise<[true, string]> {
  const { width, height } = manifest.preprocessing;
  const size = width * height * 3;
  const data = Uint8Array.from({ length: 2 * size }, (_, i) =>
    i < size ? 127 : (Math.imul(i, 2654435761) >>> 24) & 255,
  );
  const encoded = await onnxEncoder(encoder)({ data, dims: [2, height, width, 3] });
  for (const [name, { data, dims }] of Object.entries(encoded)) {
    if (dims[0] !== 2) throw new Error(`The batch is not free: ${name} has shape [${dims}] for two images.`);
    if (!data.every(Number.isFinite)) throw new Error(`${name} has values that are not finite numbers.`);
  }
  const started = performance.now();
  const decodings = await decode(encoded, onnxDecoderStep(decoder), manifest.tokens, manifest.decoding);
  const { locations } = manifest.backbone.featureShape;
  for (const { tokens, attention } of decodings) {
    for (let t = 0; t < tokens.length; t++) {
      const map = attention.subarray(t * locations, (t + 1) * locations);
      const sum = map.reduce((a, b) => a + b, 0);
      // A visual sentinel may take a share.
      if (!(sum < 1 + 1e-3 && map.every((share) => share >= 0))) {
        throw new Error(`Attention is no share of 1: it sums to ${sum} (${precision}).`);
      }
    }
  }
  const took = Math.round(performance.now() - started);
  return [true, `"${tokenizer.decode(decodings[1]!.tokens)}" on noise, decoded in ${took} ms`];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}
