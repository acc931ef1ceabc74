import assert from "node:assert/strict";
import * as tf from "@tensorflow/tfjs";
import { checkGraph } from "../converter/graph/check.js";
import type { Graph } from "../converter/graph/types.js";
import { optimize } from "../converter/passes/index.js";
import { readGraphModel } from "../converter/read/graph-model/index.js";
import { verifyParity } from "../converter/verify/index.js";

/** A node of a GraphDef as tests write it. */
export interface TestNode {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, unknown>;
}

/** Attribute values in the JSON form of protobuf. */
export const attr = {
  int: (i: number) => ({ i: String(i) }),
  float: (f: number) => ({ f }),
  bool: (b: boolean) => ({ b }),
  string: (s: string) => ({ s: btoa(s) }),
  ints: (values: number[]) => ({ list: { i: values.map(String) } }),
  floats: (f: number[]) => ({ list: { f } }),
  strings: (values: string[]) => ({ list: { s: values.map(btoa) } }),
  dtype: (dtype: tf.DataType) => ({ type: DTYPES[dtype] }),
  dtypes: (dtypes: tf.DataType[]) => ({ list: { type: dtypes.map((dtype) => DTYPES[dtype]) } }),
  shape: (shape: number[]) => ({ shape: shapeOf(shape) }),
  func: (name: string) => ({ func: { name, attr: {} } }),
};

const DTYPES: Record<string, string> = {
  float32: "DT_FLOAT",
  int32: "DT_INT32",
  bool: "DT_BOOL",
  string: "DT_STRING",
};
const shapeOf = (shape: number[]) => ({ dim: shape.map((extent) => ({ size: String(extent) })) });

export interface TestGraph {
  nodes: TestNode[];
  /** Placeholders: name -> shape (-1 is free) and type. */
  inputs: Record<string, { shape: number[]; dtype: tf.DataType }>;
  constants?: Record<string, tf.Tensor>;
  /** Tensors as `node` or `node:1`; each is an output under the name `node` or `node_1`. */
  outputs: string[];
  functions?: unknown[];
  /** Nodes of the graph that fills the model's tables; it sees the same constants. */
  initializer?: TestNode[];
}

/** The artifacts of a graph-model, as the converter of TensorFlow writes them. */
export function graphArtifacts(graph: TestGraph): tf.io.ModelArtifacts {
  const { nodes, inputs, constants = {}, outputs, functions, initializer } = graph;
  const placeholders = Object.entries(inputs).map(([name, { shape, dtype }]) => ({
    name,
    op: "Placeholder",
    attr: { dtype: attr.dtype(dtype), shape: attr.shape(shape) },
  }));
  const weights = Object.entries(constants);
  const encoded = weights.map(([, tensor]) => {
    if (tensor.dtype === "string") return encodeTexts(tensor.dataSync<"string">());
    const { buffer, byteOffset, byteLength } = tensor.dataSync() as Float32Array;
    return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  });
  const constantNodes = weights.map(([name, { dtype }]) => ({
    name,
    op: "Const",
    attr: { dtype: attr.dtype(dtype) },
  }));
  const entry = (name: string) => ({ name: name.includes(":") ? name : `${name}:0` });
  return {
    format: "graph-model",
    modelTopology: {
      node: [...placeholders, ...constantNodes, ...nodes],
      ...(functions ? { library: { function: functions } } : {}),
      versions: { producer: 1087 },
    },
    weightSpecs: weights.map(([name, { shape, dtype }]) => ({
      name,
      shape,
      dtype: dtype as "float32" | "int32" | "bool" | "string",
    })),
    weightData: Uint8Array.from(encoded.flatMap((bytes) => [...bytes])).buffer,
    signature: {
      inputs: Object.fromEntries(Object.keys(inputs).map((name) => [name, entry(name)])),
      outputs: Object.fromEntries(outputs.map((name) => [name.replace(":", "_"), entry(name)])),
    } as unknown as object,
    ...(initializer ? { modelInitializer: { node: [...constantNodes, ...initializer] } } : {}),
  };
}

/** What a graph-model is converted to, simplified. */
export const optimized = (graph: TestGraph, opset = 17): Graph =>
  optimize(readGraphModel(graphArtifacts(graph), { opset }).graph);

/** Each text in UTF-8 behind its length. */
function encodeTexts(texts: string[]): Uint8Array {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  return Uint8Array.from(parts.flatMap((bytes) => [...new Uint8Array(Uint32Array.of(bytes.length).buffer), ...bytes]));
}

/**
 * Converts a graph-model, runs it in TensorFlow.js and in onnxruntime, as read and as optimised, and asserts that every
 * output agrees in value, shape and type.
 */
export async function assertGraph(
  graph: TestGraph,
  values: Record<string, tf.Tensor>,
  { tolerance = 1e-4, opset = 17 }: { tolerance?: number; opset?: number } = {},
): Promise<void> {
  const artifacts = graphArtifacts(graph);
  const model = await tf.loadGraphModel({ load: async () => artifacts });
  // By name: where a node has several outputs, TensorFlow.js takes its last one for all that the signature lists.
  const results = await model.executeAsync(values, graph.outputs);
  const expected = Array.isArray(results) ? results : [results];
  const read = readGraphModel(artifacts, { opset }).graph;
  for (const converted of [read, optimize(read)]) {
    checkGraph(converted);
    const reference = {
      inputNames: Object.keys(graph.inputs),
      inputs: [],
      predict: () => expected.map((tensor) => tensor.clone()),
    };
    const rows = await verifyParity(reference as unknown as tf.LayersModel, converted, values, { tolerance });
    for (const [i, row] of rows.entries()) {
      const where = `${graph.outputs[i]}: ${row.dtype} [${row.shape}]`;
      assert.ok(row.ok, `${where}, not [${expected[i]!.shape}] or off by ${row.maxAbsolute} (${row.maxRelative})`);
      assert.equal(row.dtype, expected[i]!.dtype, where);
      const declared = converted.outputs[i]!;
      assert.equal(declared.dtype, row.dtype, `declared type of ${where}`);
      assert.equal(declared.shape.length, row.shape.length, `declared rank of ${where}`);
      declared.shape.forEach((dim, axis) => {
        if (typeof dim === "number") assert.equal(dim, row.shape[axis], `declared axis ${axis} of ${where}`);
      });
    }
  }
  tf.dispose(expected);
  model.dispose();
}

export interface OperatorCase {
  op: string;
  /** In the node's order: `fed` ones are inputs of the model (with `free`, of free extents), the rest constants. */
  inputs: { value: tf.Tensor; fed?: boolean; free?: boolean }[];
  attributes?: Record<string, unknown>;
  outputs?: number;
  tolerance?: number;
}

/** Asserts that a graph of one node of the operator agrees. */
export async function assertOperator({ op, inputs, attributes, outputs = 1, tolerance }: OperatorCase): Promise<void> {
  const named = inputs.map((input, i) => ({ ...input, name: `input_${i}` }));
  const fed = named.filter((input) => input.fed ?? input.free);
  const graph: TestGraph = {
    inputs: Object.fromEntries(
      fed.map(({ name, value, free }) => [
        name,
        { shape: value.shape.map((extent) => (free ? -1 : extent)), dtype: value.dtype },
      ]),
    ),
    constants: Object.fromEntries(
      named.filter((input) => !fed.includes(input)).map(({ name, value }) => [name, value]),
    ),
    nodes: [{ name: "node", op, input: named.map(({ name }) => name), attr: attributes }],
    outputs: Array.from({ length: outputs }, (_, i) => (i === 0 ? "node" : `node:${i}`)),
  };
  try {
    await assertGraph(graph, Object.fromEntries(fed.map(({ name, value }) => [name, value])), { tolerance });
  } catch (error) {
    const shapes = inputs.map(({ value, fed, free }) => `${value.dtype}[${value.shape}]${free ? "?" : fed ? "" : "c"}`);
    throw new Error(`${op} ${JSON.stringify(attributes ?? {})} on ${shapes.join(", ")}`, { cause: error });
  }
}

/** A tensor of distinct whole numbers, of flags or of words. */
export function numbered(shape: number[], dtype: tf.DataType = "float32"): tf.Tensor {
  const places = Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => i);
  if (dtype === "string") {
    return tf.tensor(
      places.map((i) => `word ${i}`),
      shape,
      dtype,
    );
  }
  return tf.tensor(
    places.map((i) => (dtype === "bool" ? Number(i % 3 === 0) : i + 1)),
    shape,
    dtype,
  );
}

/** A vector of int32, as shapes and indices are given. */
export const ints = (...values: number[]): tf.Tensor => tf.tensor1d(values, "int32");
