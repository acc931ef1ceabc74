import type { Graph, Node } from "../graph/types.js";
import { GraphEditor } from "../passes/editor.js";
import { settleNames } from "../passes/settle-names.js";

/**
 * Writes each MatMul of two axes with constant weights as Gemm, with the bias that is added to it. onnxruntime would join
 * MatMul and Add itself, before it looks for bytes, and then multiply in float32. Changes the graph in place.
 */
export function joinBiases(graph: Graph): void {
  const editor = new GraphEditor(graph);
  let changed = false;
  for (const node of editor.nodes()) {
    if (node.op !== "MatMul" || node.domain !== "" || !isDense(editor, node)) continue;
    const [product] = node.outputs as [string];
    const [next] = editor.consumers(product);
    const bias = next && editor.isOnlyFor(product, next) ? biasOf(editor, next, product, node.inputs[1]!) : undefined;
    const names = { node: node.name.replace(/MatMul$/, "Gemm"), output: bias ? next!.outputs[0]! : product };
    editor.remove(node);
    if (bias) editor.remove(next!);
    editor.add("Gemm", bias ? [...node.inputs, bias] : node.inputs, {}, names);
    changed = true;
  }
  if (!changed) return;
  editor.finish();
  settleNames(graph);
}

function isDense(editor: GraphEditor, { inputs: [x, weights] }: Node): boolean {
  const type = editor.type(x!);
  return (
    type?.dtype === "float32" &&
    type.shape.length === 2 &&
    !editor.constant(x) &&
    editor.constant(weights)?.shape.length === 2
  );
}

/** The constant [columns] that a node adds to a product. */
function biasOf(editor: GraphEditor, node: Node, product: string, weights: string): string | undefined {
  if (node.op !== "Add" || node.domain !== "") return undefined;
  const other = node.inputs[0] === product ? node.inputs[1]! : node.inputs[0]!;
  const bias = editor.constant(other);
  return bias?.shape.length === 1 && bias.shape[0] === editor.constant(weights)!.shape[1] ? other : undefined;
}
