import type * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import type { Converted, Origin, Precision } from "../convert.js";
import { checkGraph } from "../graph/check.js";
import type { Graph } from "../graph/types.js";
import { type FirstDifference, firstDifference } from "./first-difference.js";
import { inputsFor, modelTensor } from "./inputs.js";
import { DEFAULT_TOLERANCE, type ParityRow, parityRows } from "./parity.js";
import { loadModel, type Reference, referenceOf } from "./reference.js";
import { runGraph } from "./session.js";
import { nextStates, ownOutputs, statesOf } from "./states.js";
import type { Values } from "./values.js";

export interface VerifyOptions {
  /** The live model; without it, tfjs loads the artifacts that were converted. */
  model?: tf.LayersModel | tf.GraphModel;
  /** Inputs by the graph's names, in its shapes; noise for those that are left out. */
  inputs?: Record<string, Values>;
  /** Of the noise; 1 by default. */
  seed?: number;
  /** Largest difference that is accepted, as a share of an output's peak; 1e-4 by default, 2e-2 for half precision. */
  tolerance?: number;
  /** An ONNX file to run instead of the graph. */
  path?: string;
}

const TOLERANCES: Record<Precision, number> = {
  fp32: DEFAULT_TOLERANCE,
  fp16: 2e-2,
  int8: DEFAULT_TOLERANCE,
};

export interface Verification {
  ok: boolean;
  inputs: { name: string; shape: number[]; dtype: string }[];
  outputs: ParityRow[];
  /** Of one run, the fastest of a few. */
  milliseconds: { tfjs: number; onnxruntime: number };
  /** Where an output differs: the first node that does. */
  first?: FirstDifference;
}

/** Runs that follow each other where a graph keeps states: each takes those that the run before it left. */
const STEPS = 3;

/**
 * Holds a conversion against its model: the graph against ONNX's rules, then each output of onnxruntime against that of
 * tfjs on the same inputs; where the graph keeps states, over several runs that follow each other. Of an int8 conversion,
 * the graph in float32 that it was made of is held against the model; the report of the conversion says how far int8 lies
 * from that.
 * @throws ShowtellError CONVERT_INVALID_MODEL, USAGE
 */
export async function verify(converted: Converted, options: VerifyOptions = {}): Promise<Verification> {
  const { origin, unquantized } = converted;
  const graph = unquantized ?? converted.graph;
  checkGraph(graph);
  const own = options.model ? undefined : await loadModel(converted.artifacts);
  try {
    const reference = referenceOf(options.model ?? own!);
    const tolerance = options.tolerance ?? TOLERANCES[converted.report.precision];
    const compared = ownOutputs(graph);
    const places = origin.outputs.filter((_, i) => compared.includes(graph.outputs[i]!));
    const stateful = statesOf(graph).size > 0;
    const feeds = inputsFor(graph, options.inputs ?? {}, options.seed);
    const tensors = modelInputs(graph, origin, feeds, reference);
    const inTfjs = (inputs: Record<string, tf.Tensor>) => runModel(reference, inputs, places);
    try {
      const expected = await fastest(() => {
        reference.reset();
        return inTfjs(tensors);
      });
      const { actual, outputs } = await runGraph((!unquantized && options.path) || graph, async (run) => {
        const actual = await fastest(() => run(feeds));
        const steps = [parityRows(compared, expected.result, actual.result, tolerance)];
        let { result } = actual;
        for (let step = 1; stateful && step < STEPS; step++) {
          const drawn = inputsFor(graph, options.inputs ?? {}, (options.seed ?? 1) + step * graph.inputs.length);
          const next = modelInputs(graph, origin, drawn, reference);
          result = await run({ ...drawn, ...nextStates(graph, result) });
          steps.push(parityRows(compared, await inTfjs(next), result, tolerance));
          disposeAll(next);
        }
        return { actual, outputs: worst(steps) };
      });
      const failed = outputs.filter((row) => !row.ok).map((row) => row.output);
      const ok = failed.length === 0;
      if (!ok) reference.reset();
      const inner = ok ? undefined : await reference.inner(tensors, places);
      const first = inner && (await firstDifference(graph, feeds, failed, inner, tolerance));
      return {
        ok,
        inputs: Object.entries(feeds).map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
        outputs,
        milliseconds: { tfjs: expected.milliseconds, onnxruntime: actual.milliseconds },
        ...(first && { first }),
      };
    } finally {
      disposeAll(tensors);
    }
  } finally {
    own?.dispose();
  }
}

const disposeAll = (tensors: Record<string, tf.Tensor>) => {
  for (const tensor of Object.values(tensors)) tensor.dispose();
};

/** Of each output the step in which it lies farthest off. */
function worst(steps: ParityRow[][]): ParityRow[] {
  return steps.reduce((found, rows) =>
    found.map((row, i) => (rows[i]!.maxRelative > row.maxRelative ? rows[i]! : row)),
  );
}

function modelInputs(graph: Graph, origin: Origin, feeds: Record<string, Values>, reference: Reference) {
  const tensors: Record<string, tf.Tensor> = {};
  for (const [i, input] of graph.inputs.entries()) {
    const source = origin.inputs[i]!;
    tensors[source.name] = modelTensor(feeds[input.name]!, source, reference.inputType(source.name));
  }
  return tensors;
}

async function runModel(reference: Reference, inputs: Record<string, tf.Tensor>, outputs: (number | string)[]) {
  try {
    return await reference.run(inputs, outputs);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const advice = "values of your own, such as --input NAME=FILE.npy, may suit the model better";
    throw new ShowtellError("USAGE", `TensorFlow.js cannot run the model on these inputs (${advice}): ${reason}`, {
      cause: error,
    });
  }
}

/** Most runs that are timed, and the time after which no further one starts. */
const [RUNS, ENOUGH_MS] = [3, 1000];

/** Runs a few times: the first run of either library is slower than the others. */
async function fastest<T>(run: () => Promise<T>): Promise<{ result: T; milliseconds: number }> {
  const started = performance.now();
  let milliseconds = Number.POSITIVE_INFINITY;
  for (let i = 1; ; i++) {
    const before = performance.now();
    const result = await run();
    const after = performance.now();
    milliseconds = Math.min(milliseconds, after - before);
    if (i === RUNS || after - started > ENOUGH_MS) return { result, milliseconds };
  }
}

/** @throws ShowtellError PARITY_FAILED naming the outputs that lie too far off, and the first node that does */
export function assertVerified({ ok, outputs, first }: Verification): void {
  if (ok) return;
  const list = outputs.flatMap((row) =>
    row.ok ? [] : [`${row.output} (${row.maxRelative.toExponential(1)} of its peak)`],
  );
  throw new ShowtellError(
    "PARITY_FAILED",
    `The ONNX graph differs from TensorFlow.js in ${list.join(", ")}. ${first ? describe(first) : "No inner tensor tells where."}`,
  );
}

function describe({ node, op, source, after }: FirstDifference): string {
  const read = after.length > 0 ? `; what it reads, ${after.map((name) => `"${name}"`).join(" and ")}, agrees` : "";
  return `The first node that differs is "${node}" (${op})${source ? `, made of "${source}"` : ""}${read}.`;
}
