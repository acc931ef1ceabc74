import { intOf } from "../graph/attributes.js";
import { cloneGraph } from "../graph/clone.js";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import { float32ToFloat16 } from "../graph/float16.js";
import { Names } from "../graph/names.js";
import { bodies, type Graph, type Node, outerReads } from "../graph/types.js";
import { removeDeadCode } from "./dead-code.js";
import { tensorNames } from "./names.js";

/** The largest finite half. */
const LARGEST = 65504;

/**
 * Operators that compute in float16. What sums up many numbers or takes them far apart (normalisation, Softmax,
 * reductions and means, exponentials, logarithms, powers, quotients) is not among them, nor what is not known here.
 */
const COMPUTING = new Set([
  ...["Conv", "ConvTranspose", "MatMul", "Gemm", "LSTM", "GRU", "RNN", "MaxPool", "GlobalMaxPool", "PRelu"],
  ...["Add", "Sub", "Mul", "Neg", "Abs", "Min", "Max", "Clip", "Relu", "LeakyRelu", "Sigmoid", "HardSigmoid", "Tanh"],
]);

/** Operators that move numbers: they take whichever type their first input comes in. */
const MOVING = new Set([
  ...["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Gather", "Expand", "Tile"],
  ...["Concat", "Split", "DepthToSpace", "SpaceToDepth", "Pad"],
]);

/** Whole numbers of these types are exact in float16. */
const SMALL = new Set(["uint8", "int8", "bool"]);

/**
 * The graph with its arithmetic in float16, for GPUs: weights are stored in half the bytes and are not widened. Inputs and
 * outputs keep their types, by Cast, and so do kept tensors; what needs the range of float32 keeps it, and so do nodes with
 * constants beyond the range of halves, and the bodies of loops and branches.
 */
export function toFloat16Arithmetic(graph: Graph): Graph {
  const result = cloneGraph(graph);
  const writer = new HalfWriter(result);
  for (const node of result.nodes) writer.write(node);
  result.nodes = writer.nodes;
  removeDeadCode(result);
  return result;
}

class HalfWriter {
  readonly nodes: Node[] = [];
  readonly #graph: Graph;
  readonly #names: Names;
  readonly #nodeNames: Names;
  /** Names in float16 of tensors that were float32. */
  readonly #halves = new Map<string, string>();
  /** Float32 tensors that are made in float16 alone, so far. */
  readonly #onlyHalf = new Set<string>();
  /** Tensors that others than the nodes see. */
  readonly #pinned: Set<string>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#names = new Names(tensorNames(graph));
    this.#nodeNames = new Names(graph.nodes.map(({ name }) => name));
    this.#pinned = new Set([...graph.outputs.map(({ name }) => name), ...graph.kept]);
    for (const body of graph.nodes.flatMap(bodies)) for (const name of outerReads(body)) this.#pinned.add(name);
  }

  write(node: Node): void {
    if (!this.#computesInHalf(node)) {
      for (const name of node.inputs) if (this.#onlyHalf.has(name)) this.#widen(name);
      this.nodes.push(node);
      return;
    }
    const inputs = node.inputs.map((name) => (this.#isFloat(name) ? this.#half(name) : name));
    const outputs = node.outputs.map((name) => (this.#isFloat(name) ? this.#name(name) : name));
    const attributes =
      node.op === "Cast"
        ? { ...node.attributes, to: { type: "int" as const, value: ELEMENT_TYPES.float16 } }
        : node.attributes;
    this.nodes.push({ ...node, inputs, outputs, attributes });
    for (const [i, name] of node.outputs.entries()) {
      if (outputs[i] === name) continue;
      this.#halves.set(name, outputs[i]!);
      this.#onlyHalf.add(name);
      if (this.#pinned.has(name)) this.#widen(name);
    }
  }

  #computesInHalf(node: Node): boolean {
    if (node.domain !== "" || bodies(node).length > 0) return false;
    const [first = ""] = node.inputs;
    if (node.op === "Cast") {
      const { dtype = "" } = this.#graph.types.get(first) ?? {};
      return intOf(node, "to", 0) === ELEMENT_TYPES.float32 && SMALL.has(dtype);
    }
    const isKnown = COMPUTING.has(node.op) || (MOVING.has(node.op) && this.#comesInHalf(node.inputs));
    return (
      isKnown &&
      this.#isFloat(node.outputs.find((name) => name !== "") ?? "") &&
      node.inputs.every((name) => this.#fits(name))
    );
  }

  /** Whether the tensors that a node moves are in float16 already, or constants that can be. */
  #comesInHalf(inputs: string[]): boolean {
    const moved = inputs.filter((name) => this.#isFloat(name));
    return moved.every((name) => this.#halves.has(name) || this.#graph.initializers.has(name));
  }

  #isFloat(name: string): boolean {
    return name !== "" && this.#graph.types.get(name)?.dtype === "float32";
  }

  #fits(name: string): boolean {
    const constant = this.#graph.initializers.get(name);
    if (constant?.dtype !== "float32") return true;
    return (constant.data as Float32Array).every((value) => Math.abs(value) <= LARGEST);
  }

  /** A float32 tensor's name in float16. */
  #half(name: string): string {
    const known = this.#halves.get(name);
    if (known !== undefined) return known;
    const half = this.#name(name);
    const constant = this.#graph.initializers.get(name);
    if (constant) {
      const data = float32ToFloat16(constant.data as Float32Array);
      this.#graph.initializers.set(half, { dtype: "float16", shape: constant.shape, data });
    } else this.#cast(name, half, ELEMENT_TYPES.float16);
    this.#halves.set(name, half);
    return half;
  }

  #widen(name: string): void {
    this.#onlyHalf.delete(name);
    this.#cast(this.#halves.get(name)!, name, ELEMENT_TYPES.float32);
  }

  /** A new name for a tensor in float16. */
  #name(name: string): string {
    const half = this.#names.unique(`${name}.fp16`);
    this.#graph.types.set(half, { dtype: "float16", shape: this.#graph.types.get(name)!.shape });
    return half;
  }

  #cast(from: string, output: string, to: number): void {
    this.nodes.push({
      name: this.#nodeNames.unique(`${output}/Cast`),
      op: "Cast",
      domain: "",
      inputs: [from],
      outputs: [output],
      attributes: { to: { type: "int", value: to } },
    });
  }
}
