import { channelsLastOrder } from "../../emit/layout.js";
import { intsOf } from "../../graph/attributes.js";
import { int64, reshaped, transposed } from "../../graph/tensor.js";
import type { Node } from "../../graph/types.js";
import type { GraphEditor } from "../editor.js";
import { inverse, movesOnlyUnits, permuted } from "./permutation.js";
import { axisOf, type PushRule, withAttributes } from "./rule.js";

/** The first input alone is data. */
export const unary: PushRule = ({ editor, node, order, source }) => {
  editor.change(node, { inputs: [source, ...node.inputs.slice(1)] });
  return { order };
};

/** All inputs meet element by element. */
export const elementwise: PushRule = ({ editor, node, order }) => {
  const rank = order.length;
  const inputs = node.inputs.map((name) => elementwiseInput(editor, name, order, rank, node));
  if (inputs.some((input) => input === undefined)) return undefined;
  editor.change(node, { inputs: inputs.map((input) => input!()) });
  return { order };
};

/** How an operand looks before the transpose; the work is done when called. */
function elementwiseInput(
  editor: GraphEditor,
  name: string,
  order: number[],
  rank: number,
  node: Node,
): (() => string) | undefined {
  if (name === "") return () => name;
  const before = beforeTranspose(editor, name, order);
  if (before !== undefined) return () => before;
  const type = editor.type(name);
  if (!type || type.shape.length > rank) return undefined;
  if (type.shape.every((dim) => dim === 1) && type.shape.length <= 1) return () => name;
  const back = inverse(order);
  const full = [...Array<1>(rank - type.shape.length).fill(1), ...type.shape];
  const constant = editor.constant(name);
  if (constant) {
    return () => editor.addConstant(transposed(reshaped(constant, full as number[]), back), name);
  }
  // Axes of extent 1 change places without moving elements: squeeze-and-excitation's [N, 1, 1, C].
  if (full.length === type.shape.length && full[0] === full[back[0]!] && movesOnlyUnits(full, back)) {
    const target = permuted(full, back).map((dim, i) => (i === 0 ? 0 : dim));
    if (target.every((dim) => typeof dim === "number")) {
      return () => {
        const shape = editor.addConstant(int64(target as number[]), `${node.name}/shape`);
        return editor.add("Reshape", [name, shape], {}, { node: `${name}/Reshape` });
      };
    }
  }
  return undefined;
}

/**
 * The tensor that gives `name` when it is transposed, if the graph has it already. Where it is `name` that was transposed
 * to the channels-first side, only steps towards that side count: else two transposes could chase each other.
 */
function beforeTranspose(editor: GraphEditor, name: string, order: number[]): string | undefined {
  const is = (node: Node | undefined, perm: number[]) =>
    node?.op === "Transpose" && String(intsOf(node, "perm")) === String(perm);
  const maker = editor.producer(name);
  if (is(maker, order)) return maker!.inputs[0]!;
  const back = inverse(order);
  if (order.length < 4 || String(order) !== String(channelsLastOrder(order.length))) return undefined;
  return editor.consumers(name).find((reader) => is(reader, back))?.outputs[0];
}

/** All inputs are data, joined along an axis. */
export const concat: PushRule = ({ editor, node, order }) => {
  const back = inverse(order);
  const inputs = node.inputs.map((name) => {
    const before = beforeTranspose(editor, name, order);
    if (before !== undefined) return () => before;
    const constant = editor.constant(name);
    return constant && (() => editor.addConstant(transposed(constant, back), name));
  });
  if (inputs.some((input) => !input)) return undefined;
  const axis = order[axisOf(node, order.length, 0)]!;
  editor.change(node, { inputs: inputs.map((input) => input!()), attributes: withAttributes(node, { axis }) });
  return { order };
};
