import { type Graph, reads } from "../graph/types.js";

/** Removes nodes and initialisers that lead to no output and no kept tensor. Changes the graph in place. */
export function removeDeadCode(graph: Graph): void {
  const needed = new Set([...graph.outputs.map((output) => output.name), ...graph.kept]);
  const nodes = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some((name) => needed.has(name))) continue;
    nodes.push(node);
    for (const name of reads(node)) needed.add(name);
  }
  graph.nodes = nodes.reverse();
  for (const name of graph.initializers.keys()) if (!needed.has(name)) graph.initializers.delete(name);
  const there = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const name of node.outputs) there.add(name);
  for (const name of graph.types.keys()) if (!there.has(name)) graph.types.delete(name);
}
