import { ShowtellError } from "../../errors/index.js";
import { type Graph, type Node, reads } from "../graph/types.js";

/**
 * Puts nodes into an order in which they can run, as near as possible to the one they stand in.
 * @throws ShowtellError CONVERT_INVALID_MODEL where nodes depend on each other in a circle
 */
export function sortNodes(graph: Graph): void {
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) for (const name of node.outputs) makers.set(name, node);
  const placed = new Set<Node>();
  const open = new Set<Node>();
  const sorted: Node[] = [];
  for (const start of graph.nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack.at(-1)!;
      if (placed.has(node)) {
        stack.pop();
        continue;
      }
      const before = reads(node).flatMap((name) => makers.get(name) ?? []);
      const missing = before.filter((maker) => !placed.has(maker));
      if (missing.length === 0) {
        stack.pop();
        placed.add(node);
        sorted.push(node);
        continue;
      }
      if (open.has(node)) {
        throw new ShowtellError("CONVERT_INVALID_MODEL", `Node "${node.name}" depends on its own output.`);
      }
      open.add(node);
      stack.push(...missing.reverse());
    }
  }
  graph.nodes = sorted;
}
