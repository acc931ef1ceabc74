import type { Graph } from "../graph/types.js";
import { reads } from "../graph/types.js";

/** Operators whose outputs may all be left out. */
const OPTIONAL_OUTPUTS = new Set(["LSTM", "GRU", "RNN"]);

/** Leaves out what recurrent operators make and nobody reads. Changes the graph in place. */
export function dropUnusedOutputs(graph: Graph): void {
  const used = new Set([...graph.outputs.map((output) => output.name), ...graph.kept, ...graph.nodes.flatMap(reads)]);
  for (const node of graph.nodes) {
    if (!OPTIONAL_OUTPUTS.has(node.op) || node.domain !== "") continue;
    for (const name of node.outputs) if (!used.has(name)) graph.types.delete(name);
    node.outputs = node.outputs.map((name) => (used.has(name) ? name : ""));
    while (node.outputs.at(-1) === "") node.outputs.pop();
  }
}
