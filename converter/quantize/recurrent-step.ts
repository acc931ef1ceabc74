import { intOf, stringOf } from "../graph/attributes.js";
import { int64, transposed } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { GraphEditor } from "../passes/editor.js";
import { settleNames } from "../passes/settle-names.js";

/**
 * Writes each LSTM of one time step as the products and gates that it is made of, which run on bytes, as LSTM itself does
 * not. Changes the graph in place.
 */
export function expandRecurrentSteps(graph: Graph): void {
  const editor = new GraphEditor(graph);
  let changed = false;
  for (const node of editor.nodes()) changed = expand(editor, node) || changed;
  if (!changed) return;
  editor.finish();
  settleNames(graph);
}

/** Axes of the gates in ONNX's weights: input, output, forget, cell. */
const GATES = 4;

function expand(editor: GraphEditor, node: Node): boolean {
  if (node.op !== "LSTM" || node.domain !== "" || !isPlain(node)) return false;
  const [x, kernel, recurrent, bias, lengths, hidden, cell, peepholes] = node.inputs;
  const [w, r] = [editor.constant(kernel), editor.constant(recurrent)];
  const b = editor.constant(bias);
  if (editor.type(x!)?.shape[0] !== 1 || !w || !r || w.dtype !== "float32" || w.shape[0] !== 1) return false;
  if ((bias && !b) || lengths || peepholes || !hidden || !cell) return false;
  const units = r.shape[2]!;
  const add = (op: string, inputs: string[], attributes = {}, output?: string) =>
    editor.add(op, inputs, attributes, { node: `${node.name}/${op}`, output });
  const constant = (tensor: Tensor, wish: string) => editor.addConstant(tensor, wish);
  const first = constant(int64([0]), `${node.name}/first`);
  const flat = (name: string) => add("Squeeze", [name, first]);
  const [step, before, memory] = [flat(x!), flat(hidden), flat(cell)]; // [N, I], [N, H], [N, H]
  const inputs = [step, constant(columns(w), kernel!)];
  const fromInput = b
    ? add("Gemm", [...inputs, constant(summedBias(b, GATES * units), bias!)]) // [N, 4H]
    : add("MatMul", inputs);
  const fromState = add("MatMul", [before, constant(columns(r), recurrent!)]); // [N, 4H]
  const sums = add("Add", [fromInput, fromState]); // [N, 4H]
  const bounds = Array.from({ length: GATES }, (_, gate) => {
    const [from, to] = [gate * units, (gate + 1) * units].map((at) => constant(int64([at]), `${node.name}/at`));
    return add("Slice", [sums, from!, to!, constant(int64([1]), `${node.name}/axis`)]); // [N, H]
  });
  const [i, o, f] = bounds.slice(0, 3).map((gate) => add("Sigmoid", [gate])) as [string, string, string];
  const candidate = add("Tanh", [bounds[3]!]);
  const newCell = add("Add", [add("Mul", [f, memory]), add("Mul", [i, candidate])]); // [N, H]
  const newHidden = add("Mul", [o, add("Tanh", [newCell])]); // [N, H]
  const [all, lastHidden, lastCell] = node.outputs;
  editor.remove(node);
  if (all) {
    const axes = constant(int64([0, 1]), `${node.name}/axes`);
    add("Unsqueeze", [newHidden, axes], {}, all); // [1, 1, N, H]
  }
  if (lastHidden) add("Unsqueeze", [newHidden, first], {}, lastHidden); // [1, N, H]
  if (lastCell) add("Unsqueeze", [newCell, first], {}, lastCell);
  return true;
}

/** Forward, with the usual activations and nothing clipped or coupled. */
function isPlain(node: Node): boolean {
  const { activations, clip } = node.attributes;
  const usual = !activations || (activations.type === "strings" && activations.value.join() === "Sigmoid,Tanh,Tanh");
  const forward = stringOf(node, "direction", "forward") === "forward";
  return usual && !clip && forward && intOf(node, "input_forget", 0) === 0 && intOf(node, "layout", 0) === 0;
}

/** [1, 4H, I] -> [I, 4H] */
function columns(tensor: Tensor): Tensor {
  return transposed({ ...tensor, shape: tensor.shape.slice(1) }, [1, 0]);
}

/** ONNX keeps one bias for the input and one for the state: [1, 8H] -> [4H] */
function summedBias({ dtype, data }: Tensor, size: number): Tensor {
  const values = data as Float32Array;
  return { dtype, shape: [size], data: Float32Array.from({ length: size }, (_, i) => values[i]! + values[size + i]!) };
}
