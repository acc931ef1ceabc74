import { ShowtellError } from "../../errors/index.js";
import { cloneGraph } from "./clone.js";
import { Names } from "./names.js";
import { renamed } from "./rename.js";
import type { Graph, TensorType } from "./types.js";

export interface ComposeOptions {
  /** Outputs of the first graph that stay outputs. */
  keep?: string[];
  name?: string;
}

/**
 * One graph of two: outputs of the first feed inputs of the second.
 *
 * The inputs of both and the outputs keep their names. A connecting tensor takes the name of the second graph's input
 * and outlives later passes under it (or keeps the name of the first's output where that stays an output). Inner names
 * that collide are numbered.
 *
 * @param connect output of the first -> input of the second
 * @throws ShowtellError CONVERT_INVALID_MODEL
 */
export function compose(
  first: Graph,
  second: Graph,
  connect: Record<string, string>,
  options: ComposeOptions = {},
): Graph {
  if (first.opset !== second.opset) {
    throw invalid(`opset ${first.opset} and opset ${second.opset} cannot be joined`);
  }
  const links = Object.entries(connect);
  for (const [output, input] of links) {
    const from = first.outputs.find((value) => value.name === output);
    const to = second.inputs.find((value) => value.name === input);
    if (!from) throw invalid(`"${first.name}" has no output "${output}"`);
    if (!to) throw invalid(`"${second.name}" has no input "${input}"`);
    if (!compatible(from, to)) throw invalid(`"${output}" and "${input}" differ in type or shape`);
  }
  const kept = new Set(options.keep ?? []);
  for (const name of kept) {
    if (!first.outputs.some((value) => value.name === name)) throw invalid(`"${first.name}" has no output "${name}"`);
  }
  const connected = new Set(Object.values(connect));
  const freeInputs = second.inputs.filter((input) => !connected.has(input.name));
  const names = new Names();
  const firstNames = new Map<string, string>();
  const secondNames = new Map<string, string>();
  for (const { name } of first.inputs) firstNames.set(name, names.exact(name, "input"));
  for (const { name } of freeInputs) secondNames.set(name, names.exact(name, "input"));
  for (const { name } of first.outputs) {
    if (kept.has(name) && !firstNames.has(name)) firstNames.set(name, names.exact(name, "output"));
  }
  for (const { name } of second.outputs) {
    if (!connected.has(name) && !secondNames.has(name)) secondNames.set(name, names.exact(name, "output"));
  }
  for (const [output, input] of links) {
    const name = firstNames.get(output) ?? names.unique(input);
    firstNames.set(output, name);
    secondNames.set(input, name);
  }
  const before = renamed(cloneGraph(first), (name) => nameIn(firstNames, names, name));
  const after = renamed(cloneGraph(second), (name) => nameIn(secondNames, names, name));
  const nodeNames = new Names();
  const nodes = [...before.nodes, ...after.nodes].map((node) => ({ ...node, name: nodeNames.unique(node.name) }));
  const links2 = links.map(([output]) => firstNames.get(output)!);
  return {
    name: options.name ?? second.name,
    doc: second.doc ?? first.doc,
    opset: first.opset,
    domains: { ...first.domains, ...second.domains },
    inputs: [...before.inputs, ...after.inputs.filter((input) => !links2.includes(input.name))],
    outputs: [...before.outputs.filter((_, i) => kept.has(first.outputs[i]!.name)), ...after.outputs],
    nodes,
    initializers: new Map([...before.initializers, ...after.initializers]),
    types: new Map([...after.types, ...before.types]),
    kept: new Set([...before.kept, ...after.kept, ...links2]),
    metadata: { ...first.metadata, ...second.metadata },
  };
}

function nameIn(known: Map<string, string>, names: Names, name: string): string {
  const found = known.get(name);
  if (found !== undefined) return found;
  const given = names.unique(name);
  known.set(name, given);
  return given;
}

function compatible(a: TensorType, b: TensorType): boolean {
  if (a.dtype !== b.dtype || a.shape.length !== b.shape.length) return false;
  return a.shape.every((dim, i) => typeof dim === "string" || typeof b.shape[i] === "string" || dim === b.shape[i]);
}

function invalid(reason: string): ShowtellError {
  return new ShowtellError("CONVERT_INVALID_MODEL", `The graphs cannot be joined: ${reason}.`);
}
