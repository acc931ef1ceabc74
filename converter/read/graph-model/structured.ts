import { rewriteBranches } from "./branches.js";
import { rewriteLoops } from "./frames.js";
import type { FunctionDef, GraphDef, NodeDef, TensorReference } from "./graph-def.js";

/** The graph with loops and conditionals as While and If alone, as far as `results` need it. */
export function structured(graph: GraphDef, results: TensorReference[], warn: (message: string) => void): GraphDef {
  const functions = new Map(graph.functions);
  const rewritten = (all: Map<string, NodeDef>, wanted: TensorReference[]) => {
    const nodes = needed(all, wanted);
    rewriteLoops(nodes, functions);
    rewriteBranches(nodes, functions, warn);
    return nodes;
  };
  const nodes = rewritten(graph.nodes, results);
  const done = new Set<string>();
  const open = calledBy(nodes);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const found = functions.get(name);
    if (!found || done.has(name)) continue;
    done.add(name);
    const inner: FunctionDef = { ...found, nodes: rewritten(found.nodes, found.results) };
    functions.set(name, inner);
    open.push(...calledBy(inner.nodes));
  }
  return { nodes, functions };
}

/** Names of the functions that nodes call. */
function calledBy(nodes: Map<string, NodeDef>): string[] {
  const attributes = [...nodes.values()].flatMap((node) => Object.values(node.attributes));
  return attributes.flatMap((attribute) => {
    const name = (attribute as { func?: { name?: unknown } | null } | null)?.func?.name;
    return typeof name === "string" ? [name] : [];
  });
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
