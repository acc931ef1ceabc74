import { attributesOf, intsOf, stringOf } from "../graph/attributes.js";
import { toNumbers } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";
import { GraphEditor } from "./editor.js";

/** Takes zeros that a Pad puts around the spatial axes into the convolution behind it. Changes the graph in place. */
export function foldPads(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    if (node.op !== "Conv" || node.domain !== "" || stringOf(node, "auto_pad", "NOTSET") !== "NOTSET") continue;
    const pad = editor.producer(node.inputs[0]!);
    const pads = pad && zeroPads(editor, pad);
    if (!pad || !pads || !editor.isOnlyFor(pad.outputs[0]!, node)) continue;
    const rank = pads.length / 2;
    if ([0, 1, rank, rank + 1].some((i) => pads[i] !== 0) || pads.some((extent) => extent < 0)) continue;
    const added = [...pads.slice(2, rank), ...pads.slice(rank + 2)];
    const own = intsOf(node, "pads") ?? added.map(() => 0);
    const sum = added.map((extent, i) => extent + own[i]!);
    editor.change(node, {
      inputs: [pad.inputs[0]!, ...node.inputs.slice(1)],
      attributes: { ...node.attributes, ...attributesOf({ pads: sum }) },
    });
    editor.remove(pad);
  }
  editor.finish();
}

/** Begins and ends of all axes of a Pad with zeros. */
function zeroPads(editor: GraphEditor, pad: Node): number[] | undefined {
  if (pad.op !== "Pad" || pad.inputs[3] || stringOf(pad, "mode", "constant") !== "constant") return undefined;
  const value = pad.inputs[2] ? editor.constant(pad.inputs[2]) : undefined;
  if (pad.inputs[2] && (!value || toNumbers(value)[0] !== 0)) return undefined;
  const pads = editor.constant(pad.inputs[1]);
  return pads && toNumbers(pads);
}
