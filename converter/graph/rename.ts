import type { Graph, Node } from "./types.js";

/** The graph with every tensor under the name that `name` gives it; body graphs follow for what they read from outside. */
export function renamed(graph: Graph, name: (old: string) => string): Graph {
  const of = (old: string) => (old === "" ? "" : name(old));
  const value = <T extends { name: string }>(info: T): T => ({ ...info, name: of(info.name) });
  return {
    ...graph,
    inputs: graph.inputs.map(value),
    outputs: graph.outputs.map(value),
    initializers: new Map([...graph.initializers].map(([key, tensor]) => [of(key), tensor])),
    nodes: graph.nodes.map((node) => renamedNode(node, of)),
    types: new Map([...graph.types].map(([key, type]) => [of(key), type])),
    kept: new Set([...graph.kept].map(of)),
  };
}

function renamedNode(node: Node, of: (old: string) => string): Node {
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([key, attribute]) => [
      key,
      attribute.type === "graph" ? { ...attribute, value: renamed(attribute.value, of) } : attribute,
    ]),
  );
  return { ...node, inputs: node.inputs.map(of), outputs: node.outputs.map(of), attributes };
}
