import { rewriteBranches } from "./branches.js";
import { rewriteLoops } from "./frames.js";
import type { GraphDef, NodeDef, TensorReference } from "./graph-def.js";

/** Nodes of TensorFlow 1 that steer which others run. */
const STEERING = new Set(["Enter", "Merge"]);

/** The graph with loops and conditionals as While and If alone, as far as `results` need it. */
export function structured(graph: GraphDef, results: TensorReference[], warn: (message: string) => void): GraphDef {
  const functions = new Map(graph.functions);
  const nodes = needed(graph.nodes, results);
  rewriteLoops(nodes, functions);
  rewriteBranches(nodes, functions, warn);
  for (const [name, { nodes: own }] of functions) {
    if (![...own.values()].some((node) => STEERING.has(node.op))) continue;
    const inner = new Map(own);
    functions.set(name, { ...functions.get(name)!, nodes: inner });
    rewriteLoops(inner, functions);
    rewriteBranches(inner, functions, warn);
  }
  return { nodes, functions };
}

function needed(nodes: Map<string, NodeDef>, results: TensorReference[]): Map<string, NodeDef> {
  const found = new Set<string>();
  const open = results.map((result) => result.node);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    open.push(...(nodes.get(name)?.inputs.map((input) => input.node) ?? []));
  }
  return new Map([...nodes].filter(([name]) => found.has(name)));
}
