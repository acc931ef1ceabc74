import { type Graph, type Node, reads } from "../graph/types.js";

/** Removes nodes and initialisers that lead to no output and no kept tensor. Changes the graph in place. */
export function removeDeadCode(graph: Graph): void {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) makers.set(name, node);
  const needed = new Set<string>();
  const used = new Set<Node>();
  const open = [...graph.outputs.map((output) => output.name), ...graph.kept];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    const maker = makers.get(name);
    if (!maker || used.has(maker)) continue;
    used.add(maker);
    open.push(...reads(maker));
  }
  graph.nodes = graph.nodes.filter((node) => used.has(node));
  for (const name of graph.initializers.keys()) if (!needed.has(name)) graph.initializers.delete(name);
  const there = new Set([...graph.inputs.map((input) => input.name), ...graph.initializers.keys()]);
  for (const node of graph.nodes) for (const name of node.outputs) there.add(name);
  for (const name of graph.types.keys()) if (!there.has(name)) graph.types.delete(name);
}
