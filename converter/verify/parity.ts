import type * as tf from "@tensorflow/tfjs";
import { ShowtellError } from "../../errors/index.js";
import type { Graph, ValueInfo } from "../graph/types.js";
import { inputNames, referenceOf } from "./reference.js";
import { isFeedable, runGraph } from "./session.js";
import { firstState, ownOutputs, statesOf } from "./states.js";
import { difference, toleranceFor, type Values } from "./values.js";

export interface ParityOptions {
  /** Largest difference that is accepted, as a share of the output's peak; 1e-4 by default. */
  tolerance?: number;
}

/** How far one output of the ONNX graph lies from the model's. */
export interface ParityRow {
  output: string;
  /** As onnxruntime gave it. */
  shape: number[];
  dtype: string;
  maxAbsolute: number;
  /** maxAbsolute over the largest magnitude of the model's output. */
  maxRelative: number;
  tolerance: number;
  ok: boolean;
}

export const DEFAULT_TOLERANCE = 1e-4;

/**
 * Runs model and graph on the same inputs, in tfjs and in onnxruntime, and compares each output. Where the graph keeps
 * states and none are given, both begin anew.
 *
 * @param inputs by the names of the graph's inputs, or of the model's; in the model's shapes
 * @throws ShowtellError USAGE where inputs are missing
 */
export async function verifyParity(
  model: tf.LayersModel,
  graph: Graph,
  inputs: Record<string, tf.Tensor>,
  options: ParityOptions = {},
): Promise<ParityRow[]> {
  const names = inputNames(model);
  const reference = referenceOf(model);
  const states = statesOf(graph);
  const named: Record<string, tf.Tensor> = {};
  const feeds: Record<string, Values> = {};
  for (const [i, input] of graph.inputs.entries()) {
    const found = inputs[input.name] ?? inputs[names[i] ?? ""];
    if (found) feeds[input.name] = await feed(input, found);
    else if (states.has(input.name)) {
      feeds[input.name] = firstState(input);
      reference.reset();
    } else throw new ShowtellError("USAGE", `No value is given for the input "${input.name}".`);
    if (found && names[i] !== undefined) named[names[i]] = found;
  }
  const outputs = ownOutputs(graph);
  const expected = await reference.run(
    named,
    outputs.map((_, i) => i),
  );
  const actual = await runGraph(graph, (run) => run(feeds));
  return parityRows(outputs, expected, actual, options.tolerance);
}

/** Compares what outputs should be, in their order, with what they are. */
export function parityRows(
  outputs: readonly ValueInfo[],
  expected: (Values | undefined)[],
  actual: Record<string, Values>,
  tolerance = DEFAULT_TOLERANCE,
): ParityRow[] {
  return outputs.map(({ name }, i) => compare(name, expected[i], actual[name]!, tolerance));
}

/** The model's input in the graph's type; axes of extent 1 that the graph leaves out are left out. */
async function feed({ dtype, shape }: ValueInfo, tensor: tf.Tensor): Promise<Values> {
  if (!isFeedable(dtype)) throw new ShowtellError("USAGE", `Inputs of type ${dtype} cannot be compared.`);
  let dims = [...tensor.shape];
  while (dims.length > shape.length && dims.at(-1) === 1) dims = dims.slice(0, -1);
  return { dtype, shape: dims, data: await tensor.data() };
}

function compare(output: string, expected: Values | undefined, actual: Values, tolerance: number): ParityRow {
  const { shape, dtype } = actual;
  const sameType =
    expected?.dtype === dtype &&
    expected.shape.length === shape.length &&
    expected.shape.every((extent, axis) => extent === shape[axis]);
  const apart = sameType
    ? difference(expected.data, actual.data)
    : { maxAbsolute: Number.POSITIVE_INFINITY, maxRelative: Number.POSITIVE_INFINITY };
  const accepted = toleranceFor(dtype, tolerance);
  return { output, shape, dtype, ...apart, tolerance: accepted, ok: apart.maxRelative <= accepted };
}

/** @throws ShowtellError PARITY_FAILED naming the outputs that lie too far off */
export function assertParity(rows: ParityRow[]): void {
  const failed = rows.filter((row) => !row.ok);
  if (failed.length === 0) return;
  const list = failed.map((row) => `${row.output} ${row.maxRelative.toExponential(1)}`).join(", ");
  throw new ShowtellError(
    "PARITY_FAILED",
    `The ONNX graph differs from TensorFlow.js by more than ${failed[0]!.tolerance} of the peak: ${list}.`,
  );
}
