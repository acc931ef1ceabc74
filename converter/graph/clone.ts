import type { Graph, Node } from "./types.js";

/** A copy whose lists and nodes can be changed; constants are shared. */
export function cloneGraph(graph: Graph): Graph {
  return {
    ...graph,
    domains: { ...graph.domains },
    inputs: graph.inputs.map((value) => ({ ...value, shape: [...value.shape] })),
    outputs: graph.outputs.map((value) => ({ ...value, shape: [...value.shape] })),
    nodes: graph.nodes.map(cloneNode),
    initializers: new Map(graph.initializers),
    types: new Map(graph.types),
    kept: new Set(graph.kept),
    metadata: { ...graph.metadata },
  };
}

function cloneNode(node: Node): Node {
  const attributes = Object.fromEntries(
    Object.entries(node.attributes).map(([name, attribute]) => [
      name,
      attribute.type === "graph" ? { ...attribute, value: cloneGraph(attribute.value) } : attribute,
    ]),
  );
  return { ...node, inputs: [...node.inputs], outputs: [...node.outputs], attributes };
}
