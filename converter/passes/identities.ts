import { intOf, intsOf } from "../graph/attributes.js";
import { dtypeOf } from "../graph/element-types.js";
import { toNumbers } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";
import { GraphEditor } from "./editor.js";

/** Removes nodes that hand on their first input unchanged. Changes the graph in place. */
export function removeIdentities(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    if (node.domain === "" && RULES.get(node.op)?.(node, editor)) editor.bypass(node, node.inputs[0]!);
  }
  editor.finish();
}

type Rule = (node: Node, editor: GraphEditor) => boolean;

const sameShape = (node: Node, editor: GraphEditor) => {
  const before = editor.type(node.inputs[0]!);
  const after = editor.type(node.outputs[0]!);
  return before?.shape.length === after?.shape.length && !!before?.shape.every((dim, i) => dim === after!.shape[i]);
};

const RULES = new Map<string, Rule>(
  Object.entries({
    Identity: () => true,
    Dropout: (node) => node.outputs.length === 1 && !node.inputs[2],
    Cast: (node, editor) => editor.type(node.inputs[0]!)?.dtype === dtypeOf(intOf(node, "to", 1)),
    Transpose: (node) => intsOf(node, "perm")?.every((axis, i) => axis === i) ?? false,
    Reshape: sameShape,
    Flatten: sameShape,
    Expand: sameShape,
    Concat: (node) => node.inputs.length === 1,
    Pad: (node, editor) => {
      const pads = editor.constant(node.inputs[1]);
      return pads !== undefined && toNumbers(pads).every((pad) => pad === 0);
    },
    Slice: sameShapeForward,
  }),
);

/** A slice that takes everything; steps of -1 keep the shape but not the order. */
function sameShapeForward(node: Node, editor: GraphEditor): boolean {
  const steps = editor.constant(node.inputs[4]);
  const forward = !node.inputs[4] || (steps !== undefined && toNumbers(steps).every((step) => step === 1));
  return forward && sameShape(node, editor);
}
