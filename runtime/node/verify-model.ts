import { readFile } from "node:fs/promises";
import type { InferenceSession } from "onnxruntime-node";
import { type Decoding, decode, type GraphFile, type GraphValue, listGraphs, type Precision } from "../core/index.js";
import { onnxCaptioner, onnxDecoderStep, onnxEncoder } from "./graphs.js";
import { graphPath, loadModel, type Model } from "./model.js";
import { openSession } from "./session.js";
import { trialImages } from "./trial-images.js";

/** Scores of the same caption differ by the digits of the arithmetic alone. */
const SAME_SCORE = { fp32: 1e-4, fp16: 1e-2 };

/** Share by which a score may differ from the one at export. */
const AS_LIKELY = 0.05;

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

/** What a check of one graph's file found. */
export interface GraphCheck {
  /** What is wrong, in plain words. */
  faults: string[];
  /** A word on what was looked at. */
  found?: string;
}

export interface VerifyOptions {
  /**
   * A further look at each graph before it is opened, such as one made of `checkOnnx` of showtell/converter.
   * @param fileSize bytes of the files that may hold its weights, by name; undefined for any other
   */
  checkGraph?(bytes: Uint8Array, graph: GraphFile, fileSize: (name: string) => number | undefined): GraphCheck;
}

/**
 * Looks at everything of a model folder: manifest, tokenizer, size and sha256 of every graph and of the files that hold
 * its weights, whether its further check finds it sound, whether onnxruntime opens it, whether its inputs and outputs are those of the manifest, whether a trial run
 * gives a sound caption, about the one that it gave at export, and whether the captioner writes the same.
 * Never throws on a fault of the model: the checks say it.
 */
export async function verifyModel(folder: string, options: VerifyOptions = {}): Promise<ModelVerification> {
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
        const path = await graphPath(folder, graph);
        const found = await lookAt(path, graph, options);
        const opened = await openSession(path);
        sessions.set(name, opened);
        requireSame(graph, opened);
        const weights = graph.externalData
          ? `, weights in ${graph.externalData.map(({ file }) => file).join(", ")}`
          : "";
        return [opened, `${graph.file}, ${megabytes(graph.bytes)}, opset ${graph.opset}${weights}${found}`];
      });
      if (!session) sessions.delete(name);
    }
    for (const precision of ["fp32", "fp16", "int8"] as const) {
      const [encoder, decoder] = [sessions.get(`encoder ${precision}`), sessions.get(`decoder ${precision}`)];
      if (!encoder || !decoder) continue;
      const decodings = await attempt(`trial run ${precision}`, () => trialRun(model, encoder, decoder, precision));
      const captioner = sessions.get(`captioner ${precision}`);
      if (!decodings || !captioner) continue;
      await attempt(`trial run of captioner ${precision}`, () => captionerRun(model, captioner, decodings, precision));
    }
  } finally {
    for (const session of sessions.values()) await session.release();
  }
  return verdict();
}

/** More faults of a graph than these are not listed. */
const LISTED = 5;

/** Throws what the further check finds wrong. */
async function lookAt(path: string, graph: GraphFile, { checkGraph }: VerifyOptions): Promise<string> {
  if (!checkGraph) return "";
  const sizes = new Map((graph.externalData ?? []).map(({ file, bytes }) => [file, bytes]));
  const { faults, found } = checkGraph(await readFile(path), graph, (name) => sizes.get(name));
  if (faults.length === 0) return found ? `, ${found}` : "";
  const more = faults.length > LISTED ? `; and ${faults.length - LISTED} more` : "";
  throw new Error(`${graph.file}: ${faults.slice(0, LISTED).join("; ")}${more}.`);
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
  model: Model,
  encoder: InferenceSession,
  decoder: InferenceSession,
  precision: Precision,
): Promise<[Decoding[], string]> {
  const { manifest, tokenizer } = model;
  const encoded = await onnxEncoder(encoder)(trialImages(manifest.preprocessing));
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
  requireGolden(model, decodings, precision);
  return [decodings, `"${tokenizer.decode(decodings[1]!.tokens)}" on noise, decoded in ${took} ms`];
}

/**
 * Throws where other captions come out than at export. Machines round differently, so that another caption may win: it
 * must be about as likely.
 */
function requireGolden({ manifest, tokenizer }: Model, decodings: Decoding[], precision: Precision): void {
  const golden = manifest.golden?.find((entry) => entry.precision === precision)?.captions ?? [];
  for (const [i, { tokens, score }] of golden.entries()) {
    const found = decodings[i]!;
    if (Math.abs(found.score - score) <= AS_LIKELY * Math.abs(score)) continue;
    const [written, wanted] = [found.tokens, tokens].map((ids) => `"${tokenizer.decode(ids)}"`);
    throw new Error(
      `It writes ${written} (score ${found.score.toFixed(3)}) where it wrote ${wanted} (${score.toFixed(3)}) when it was exported: this processor or this onnxruntime computes otherwise.`,
    );
  }
}

/** Captions the same pictures in one graph: the words must be those of step-wise decoding. */
async function captionerRun(
  model: Model,
  captioner: InferenceSession,
  expected: Decoding[],
  precision: Precision,
): Promise<[true, string]> {
  const { manifest, tokenizer } = model;
  const same = SAME_SCORE[manifest.graphs.captioner?.[precision]?.compute ?? "fp32"];
  const started = performance.now();
  const captions = await onnxCaptioner(captioner, manifest.tokens)(
    trialImages(manifest.preprocessing),
    manifest.decoding,
  );
  for (const [i, { tokens, score }] of expected.entries()) {
    const found = captions[i]!;
    if (found.tokens.join() !== tokens.join()) {
      const [written, wanted] = [found.tokens, tokens].map((ids) => tokenizer.decode(ids));
      throw new Error(`It writes "${written}" where encoder and decoder write "${wanted}".`);
    }
    if (!(Math.abs(found.score - score) < same)) throw new Error(`Its score is ${found.score}, not ${score}.`);
  }
  return [true, `the same words, in ${Math.round(performance.now() - started)} ms`];
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}
