import { ShowtellError } from "../../../errors/index.js";

/** One output of a node, as another node reads it. */
export interface TensorReference {
  node: string;
  index: number;
  /** Within functions, multi-output nodes are read by the name of the output, and the index counts within it. */
  output?: string;
}

/** A node of TensorFlow's GraphDef. */
export interface NodeDef {
  name: string;
  op: string;
  inputs: TensorReference[];
  /** Attributes as the JSON form of protobuf writes them. */
  attributes: Record<string, unknown>;
}

/** A function of the GraphDef's library, as If, While and PartitionedCall name them. */
export interface FunctionDef {
  name: string;
  inputs: { name: string; dtype: unknown }[];
  nodes: Map<string, NodeDef>;
  results: TensorReference[];
}

export interface GraphDef {
  nodes: Map<string, NodeDef>;
  functions: Map<string, FunctionDef>;
}

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a model's topology is a GraphDef. */
export function isGraphDef(topology: unknown): boolean {
  return isObject(topology) && Array.isArray(topology.node);
}

/**
 * Reads and checks the topology of a graph-model.
 * @throws ShowtellError CONVERT_INVALID_MODEL
 */
export function readGraphDef(topology: unknown): GraphDef {
  if (!isObject(topology) || !Array.isArray(topology.node)) throw invalid("its topology holds no list of nodes");
  const library = isObject(topology.library) ? topology.library.function : undefined;
  if (library !== undefined && !Array.isArray(library)) throw invalid("its library of functions is no list");
  const functions = (library ?? []).map(readFunction);
  return { nodes: readNodes(topology.node), functions: new Map(functions.map((found) => [found.name, found])) };
}

function readNodes(list: unknown[]): Map<string, NodeDef> {
  const nodes = new Map<string, NodeDef>();
  for (const [i, entry] of list.entries()) {
    if (!isObject(entry) || typeof entry.name !== "string" || typeof entry.op !== "string") {
      throw invalid(`node ${i} has no name or no operator`);
    }
    const inputs = entry.input ?? [];
    if (!Array.isArray(inputs) || !inputs.every((input) => typeof input === "string")) {
      throw invalid(`the inputs of node "${entry.name}" are no list of names`);
    }
    if (entry.attr !== undefined && entry.attr !== null && !isObject(entry.attr)) {
      throw invalid(`the attributes of node "${entry.name}" are malformed`);
    }
    if (nodes.has(entry.name)) throw invalid(`two nodes are called "${entry.name}"`);
    nodes.set(entry.name, {
      name: entry.name,
      op: entry.op,
      // Control inputs order side effects; a graph of pure functions has none.
      inputs: inputs.filter((input) => !input.startsWith("^")).map(readReference),
      attributes: (entry.attr ?? {}) as Json,
    });
  }
  return nodes;
}

function readFunction(entry: unknown): FunctionDef {
  const signature = isObject(entry) ? entry.signature : undefined;
  if (!isObject(entry) || !isObject(signature) || typeof signature.name !== "string") {
    throw invalid("a function of its library has no signature");
  }
  const { name } = signature;
  const args = (list: unknown) => {
    const found = list ?? [];
    if (!Array.isArray(found) || !found.every((arg) => isObject(arg) && typeof arg.name === "string")) {
      throw invalid(`the arguments of function "${name}" are malformed`);
    }
    return found as { name: string; type?: unknown }[];
  };
  const results = isObject(entry.ret) ? entry.ret : {};
  return {
    name,
    inputs: args(signature.inputArg).map((arg) => ({ name: arg.name, dtype: arg.type })),
    nodes: readNodes(Array.isArray(entry.nodeDef) ? entry.nodeDef : []),
    results: args(signature.outputArg).map((arg) => {
      const result = results[arg.name];
      if (typeof result !== "string") throw invalid(`the result "${arg.name}" of function "${name}" is missing`);
      return readReference(result);
    }),
  };
}

/** `node`, `node:1`, or within functions `node:output:1`. */
export function readReference(text: string): TensorReference {
  const parts = text.split(":");
  const [node] = parts as [string];
  if (parts.length === 1) return { node, index: 0 };
  const index = Number(parts.at(-1));
  if (!Number.isSafeInteger(index) || index < 0 || parts.length > 3) throw invalid(`"${text}" names no tensor`);
  return parts.length === 3 ? { node, index, output: parts[1] } : { node, index };
}

export function invalid(reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `This is no sound graph-model: ${reason}.`);
}
