import type { Attribute, Graph, Node } from "../graph/types.js";
import { GraphEditor } from "./editor.js";

/** Operators that give something else each time. */
const RANDOM = /^(Random|Multinomial|Bernoulli)/;

/** Of nodes that compute the same from the same, keeps one. Changes the graph in place. */
export function mergeCommonNodes(graph: Graph): void {
  const editor = new GraphEditor(graph);
  const first = new Map<string, Node>();
  for (const node of editor.nodes()) {
    if (node.outputs.length !== 1 || RANDOM.test(node.op)) continue;
    const attributes = describe(node.attributes);
    if (attributes === undefined) continue;
    const key = JSON.stringify([node.domain, node.op, node.inputs, attributes]);
    const same = first.get(key);
    if (!same) first.set(key, node);
    else editor.bypass(node, same.outputs[0]!);
  }
  editor.finish();
}

/** Attributes as text; undefined for those that hold tensors or graphs. */
function describe(attributes: Record<string, Attribute>): [string, string][] | undefined {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.some(([, { type }]) => type === "tensor" || type === "graph")) return undefined;
  return entries.map(([name, { type, value }]) => [name, `${type}:${String(value)}`]);
}
