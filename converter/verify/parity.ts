import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { ShowtellError } from "../../errors/index.js";
import type { DType, Graph, ValueInfo } from "../graph/types.js";
import { writeOnnx } from "../write/onnx.js";

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

const DEFAULT_TOLERANCE = 1e-4;

/**
 * Runs model and graph on the same inputs, in tfjs and in onnxruntime, and compares each output.
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
  const tensors = graph.inputs.map((input, i) => {
    const found = inputs[input.name] ?? inputs[model.inputNames[i] ?? ""];
    if (!found) throw new ShowtellError("USAGE", `No value is given for the input "${input.name}".`);
    return found;
  });
  const expected = await runModel(model, tensors);
  const actual = await runGraph(graph, tensors);
  if (expected.length !== graph.outputs.length) {
    throw new ShowtellError("USAGE", `The model has ${expected.length} outputs, the graph ${graph.outputs.length}.`);
  }
  return graph.outputs.map((output, i) =>
    compare(output.name, expected[i]!, actual[output.name]!, options.tolerance ?? DEFAULT_TOLERANCE),
  );
}

interface Plain {
  shape: number[];
  dtype: string;
  data: ArrayLike<number | bigint | string>;
}

async function runModel(model: tf.LayersModel, inputs: tf.Tensor[]): Promise<Plain[]> {
  const results = tf.tidy(() => model.predict(inputs.length === 1 ? inputs[0]! : inputs));
  const list = Array.isArray(results) ? results : [results];
  const plain = await Promise.all(
    list.map(async (tensor) => ({ shape: tensor.shape, dtype: tensor.dtype, data: await tensor.data() })),
  );
  tf.dispose(list);
  return plain;
}

async function runGraph(graph: Graph, inputs: tf.Tensor[]): Promise<Record<string, Plain>> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 });
  try {
    const feeds: Record<string, ort.Tensor> = {};
    for (const [i, input] of graph.inputs.entries()) feeds[input.name] = await feed(input, inputs[i]!);
    const results = await session.run(feeds);
    return Object.fromEntries(
      Object.entries(results).map(([name, tensor]) => [
        name,
        { shape: [...tensor.dims], dtype: tensor.type, data: tensor.data as Plain["data"] },
      ]),
    );
  } finally {
    await session.release();
  }
}

const ARRAYS: Partial<Record<DType, (values: ArrayLike<number>) => ort.Tensor.DataTypeMap[ort.Tensor.Type]>> = {
  float32: (values) => Float32Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int32: (values) => Int32Array.from(values),
  int64: (values) => BigInt64Array.from(Array.from(values, (value) => BigInt(Math.round(value)))),
  bool: (values) => Uint8Array.from(values),
};

/** The model's input in the graph's type; axes of extent 1 that the graph leaves out are left out. */
async function feed(input: ValueInfo, tensor: tf.Tensor): Promise<ort.Tensor> {
  if (input.dtype === "string") return new ort.Tensor("string", await tensor.data<"string">(), tensor.shape);
  const array = ARRAYS[input.dtype];
  if (!array) throw new ShowtellError("USAGE", `Inputs of type ${input.dtype} cannot be compared.`);
  let dims = [...tensor.shape];
  while (dims.length > input.shape.length && dims.at(-1) === 1) dims = dims.slice(0, -1);
  return new ort.Tensor(input.dtype as ort.Tensor.Type, array((await tensor.data()) as Float32Array), dims);
}

function compare(output: string, expected: Plain, actual: Plain, tolerance: number): ParityRow {
  const sameShape =
    expected.shape.length === actual.shape.length && expected.shape.every((dim, i) => dim === actual.shape[i]);
  let maxAbsolute = 0;
  let peak = 0;
  if (sameShape) {
    for (let i = 0; i < expected.data.length; i++) {
      if (typeof expected.data[i] === "string") {
        if (expected.data[i] !== actual.data[i]) maxAbsolute = Number.POSITIVE_INFINITY;
        continue;
      }
      const [a, b] = [Number(expected.data[i]), Number(actual.data[i])];
      if (Number.isFinite(a)) peak = Math.max(peak, Math.abs(a));
      const difference = a === b || (Number.isNaN(a) && Number.isNaN(b)) ? 0 : Math.abs(a - b);
      maxAbsolute = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(maxAbsolute, difference);
    }
  } else {
    maxAbsolute = Number.POSITIVE_INFINITY;
  }
  const maxRelative = maxAbsolute === 0 ? 0 : maxAbsolute / peak;
  const ok = maxRelative <= tolerance;
  return { output, shape: actual.shape, dtype: actual.dtype, maxAbsolute, maxRelative, tolerance, ok };
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
