/** Element types of ONNX tensors that the converter knows, by their usual names. */
export type DType =
  | "float32"
  | "float16"
  | "bfloat16"
  | "float64"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "bool"
  | "string";

/** An extent: a number, or the name of a symbol such as `N` that stands for the same number all over a graph. */
export type Dim = number | string;

export interface TensorType {
  dtype: DType;
  shape: Dim[];
}

/** A named input or output of a graph. */
export interface ValueInfo extends TensorType {
  name: string;
}

/** float16 and bfloat16 are held as their 16 bits. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | string[];

/** A constant. */
export interface Tensor {
  dtype: DType;
  shape: number[];
  data: TensorData;
}

export type Attribute =
  | { type: "int"; value: number | bigint }
  | { type: "float"; value: number }
  | { type: "string"; value: string }
  | { type: "ints"; value: (number | bigint)[] }
  | { type: "floats"; value: number[] }
  | { type: "strings"; value: string[] }
  | { type: "tensor"; value: Tensor }
  | { type: "graph"; value: Graph };

export interface Node {
  name: string;
  /** Operator, such as `Conv`. */
  op: string;
  /** Operator set; empty for ONNX's own. */
  domain: string;
  /** Names of tensors; an empty name stands for an optional input that is left out. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
  doc?: string;
}

/**
 * A computation in ONNX's own operators: what every reader makes, every pass rewrites and the writer writes.
 * Nodes stand in an order in which they can run. Each tensor name is written once.
 */
export interface Graph {
  name: string;
  doc?: string;
  /** Version of ONNX's operator set. */
  opset: number;
  /** Versions of further operator sets, by domain. */
  domains: Record<string, number>;
  inputs: ValueInfo[];
  outputs: ValueInfo[];
  nodes: Node[];
  initializers: Map<string, Tensor>;
  /** Types of tensors that are known, by name: inputs, outputs and what lies between. */
  types: Map<string, TensorType>;
  /** Inner tensors whose names must outlive every pass, so that the graph can be cut there later. */
  kept: Set<string>;
  metadata: Record<string, string>;
}

/** The body graphs in a node's attributes (If, Loop, Scan). */
export function bodies(node: Node): Graph[] {
  return Object.values(node.attributes).flatMap((attribute) => (attribute.type === "graph" ? [attribute.value] : []));
}

/** Every tensor that a node reads, also from within its body graphs. */
export function reads(node: Node): string[] {
  const own = node.inputs.filter((name) => name !== "");
  return [...own, ...bodies(node).flatMap(outerReads)];
}

/** Names that a body graph takes from the graph around it. */
export function outerReads(body: Graph): string[] {
  const local = new Set([...body.inputs.map((input) => input.name), ...body.initializers.keys()]);
  for (const node of body.nodes) for (const name of node.outputs) local.add(name);
  const names = [...body.nodes.flatMap(reads), ...body.outputs.map((output) => output.name)];
  return names.filter((name) => !local.has(name));
}
