import { sizeOf } from "../graph/tensor.js";
import type { Graph, ValueInfo } from "../graph/types.js";
import type { Values } from "./values.js";

/** The states of a graph that keeps them from run to run: each an input, and the output that it is in the next run. */
export function statesOf(graph: Graph): Map<string, string> {
  const pairs = JSON.parse(graph.metadata.states ?? "{}") as Record<string, string>;
  return new Map(Object.entries(pairs));
}

/** The graph's outputs that the model has too: those that are no states. */
export function ownOutputs(graph: Graph): ValueInfo[] {
  const next = new Set(statesOf(graph).values());
  return graph.outputs.filter(({ name }) => !next.has(name));
}

/** What a state is before the first run, as TensorFlow.js begins: zeros. */
export function firstState({ dtype, shape }: ValueInfo): Values {
  const extents = shape as number[];
  return { dtype, shape: extents, data: new Float32Array(sizeOf(extents)) };
}

/** The states that a run left, as the next run takes them. */
export function nextStates(graph: Graph, results: Record<string, Values>): Record<string, Values> {
  return Object.fromEntries([...statesOf(graph)].map(([input, output]) => [input, results[output]!]));
}
