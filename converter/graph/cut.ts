import { ShowtellError } from "../../errors/index.js";
import { removeDeadCode } from "../passes/dead-code.js";
import { cloneGraph } from "./clone.js";
import type { Graph } from "./types.js";

/**
 * The part of a graph that the named tensors need, with these as its outputs.
 * @throws ShowtellError CONVERT_INVALID_MODEL where a tensor is not there or its shape is not known
 */
export function cut(graph: Graph, outputs: string[]): Graph {
  const result = cloneGraph(graph);
  result.outputs = outputs.map((name) => {
    const type = graph.types.get(name) ?? graph.outputs.find((output) => output.name === name);
    if (!type) throw new ShowtellError("CONVERT_INVALID_MODEL", `The graph "${graph.name}" has no tensor "${name}".`);
    return { name, dtype: type.dtype, shape: [...type.shape] };
  });
  result.kept = new Set([...graph.kept].filter((name) => outputs.includes(name)));
  removeDeadCode(result);
  const used = new Set(result.nodes.flatMap((node) => node.inputs));
  result.inputs = result.inputs.filter((input) => used.has(input.name) || outputs.includes(input.name));
  return result;
}
