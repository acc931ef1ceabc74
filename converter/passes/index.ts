import { cloneGraph } from "../graph/clone.js";
import type { Graph } from "../graph/types.js";
import { removeDeadCode } from "./dead-code.js";

/** A graph that computes the same with fewer nodes. The given one is left as it is. */
export function optimize(graph: Graph): Graph {
  const result = cloneGraph(graph);
  removeDeadCode(result);
  return result;
}
