import type { Graph } from "../types.js";
import { inferTypes } from "./registry.js";

/** Adds the types of inner tensors that are not known yet, as far as they can be told. Changes the graph in place. */
export function annotate(graph: Graph): void {
  for (const node of graph.nodes) {
    if (node.domain !== "" || node.outputs.every((name) => name === "" || graph.types.has(name))) continue;
    try {
      const types = inferTypes({
        node,
        types: node.inputs.map((name) => graph.types.get(name)),
        constants: node.inputs.map((name) => graph.initializers.get(name)),
        outputs: node.outputs.length,
      });
      node.outputs.forEach((name, i) => {
        const type = types[i];
        if (name !== "" && type && !graph.types.has(name)) graph.types.set(name, type);
      });
    } catch {
      // A file from elsewhere may be odd, or sound where this knows too little: its types stay open.
    }
  }
}
