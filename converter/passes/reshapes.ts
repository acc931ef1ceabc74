import { intsOf } from "../graph/attributes.js";
import { int64 } from "../graph/tensor.js";
import type { Dim, Graph, Node } from "../graph/types.js";
import { GraphEditor } from "./editor.js";
import { movesOnlyUnits } from "./transposes/permutation.js";

/** Operators that keep the elements in their order. */
const RESHAPES = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze"]);

/**
 * Writes transposes that move axes of extent 1 alone as reshapes, which copy nothing, and several reshapes in a row as
 * one. Changes the graph in place.
 */
export function mergeReshapes(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    if (node.domain !== "") continue;
    const before = editor.producer(node.inputs[0]!);
    const chained = RESHAPES.has(node.op) && before?.domain === "" && keepsOrder(editor, before);
    if (!chained && !(node.op === "Transpose" && keepsOrder(editor, node))) continue;
    const source = before?.domain === "" && keepsOrder(editor, before) ? before.inputs[0]! : node.inputs[0]!;
    const from = editor.type(source)?.shape;
    const to = editor.type(node.outputs[0]!)?.shape;
    const target = from && to && targetOf(from, to);
    if (!target) continue;
    const output = node.outputs[0]!;
    const shape = editor.addConstant(int64(target), `${node.name.replace(/\/[^/]*$/, "")}/shape`);
    editor.remove(node);
    editor.add("Reshape", [source, shape], {}, { node: node.name.replace(/[^/]*$/, "Reshape"), output });
  }
  editor.finish();
}

function keepsOrder(editor: GraphEditor, node: Node): boolean {
  if (RESHAPES.has(node.op)) return true;
  const order = node.op === "Transpose" ? intsOf(node, "perm") : undefined;
  const shape = editor.type(node.inputs[0]!)?.shape;
  return order !== undefined && shape !== undefined && movesOnlyUnits(shape, order);
}

/** The second input of Reshape; undefined where it takes more than one extent that is not known. */
function targetOf(from: Dim[], to: Dim[]): number[] | undefined {
  let open = 0;
  const target = to.map((extent, i) => {
    if (extent === 0) return Number.NaN;
    if (typeof extent === "number") return extent;
    if (from[i] === extent) return 0;
    open += 1;
    return -1;
  });
  return open > 1 || target.some(Number.isNaN) ? undefined : target;
}
