import { intOf, intsOf } from "../../graph/attributes.js";
import { int64, toNumbers } from "../../graph/tensor.js";
import type { Node, Tensor } from "../../graph/types.js";
import { inverse, isIdentity, movesOnlyUnits, permuted } from "./permutation.js";
import { axisOf, type PushRule, withAttributes } from "./rule.js";

/** Rules for operators that name axes, in attributes or in lists with an entry an axis. */

/** Works along one axis. */
export const alongAxis =
  (otherwise: number): PushRule =>
  ({ editor, node, order, source }) => {
    const axis = order[axisOf(node, order.length, otherwise)]!;
    editor.change(node, {
      inputs: [source, ...node.inputs.slice(1)],
      attributes: withAttributes(node, { axis }),
    });
    return { order };
  };

/** Begins of all axes, then ends of all axes. */
export const pad: PushRule = ({ editor, node, order, source }) => {
  const pads = editor.constant(node.inputs[1]);
  if (!pads || node.inputs[3]) return undefined;
  const values = toNumbers(pads);
  const rank = order.length;
  const back = inverse(order);
  const moved = [...permuted(values.slice(0, rank), back), ...permuted(values.slice(rank), back)];
  const name = editor.addConstant(int64(moved), node.inputs[1]!);
  editor.change(node, { inputs: [source, name, ...node.inputs.slice(2)] });
  return { order };
};

/** Axes listed in an input. */
export const slice: PushRule = ({ editor, node, order, source }) => {
  const axes = editor.constant(node.inputs[3]);
  if (!axes) return undefined;
  const moved = toNumbers(axes).map((axis) => order[axis < 0 ? axis + order.length : axis]!);
  // Of the type that the begins and ends have.
  const list: Tensor = axes.dtype === "int32" ? { ...axes, data: Int32Array.from(moved) } : int64(moved);
  const inputs = [source, node.inputs[1]!, node.inputs[2]!, editor.addConstant(list, node.inputs[3]!)];
  editor.change(node, { inputs: [...inputs, ...node.inputs.slice(4)] });
  return { order };
};

/** One factor an axis. */
export const resize: PushRule = ({ editor, node, order, source }) => {
  if (node.inputs[1] || intsOf(node, "axes")) return undefined;
  const back = inverse(order);
  const inputs = [source, ""];
  for (const at of [2, 3]) {
    const name = node.inputs[at];
    const constant: Tensor | undefined = editor.constant(name);
    if (name && !constant) return undefined;
    if (constant && constant.shape[0] !== 0) inputs[at] = editor.addConstant(transposedList(constant, back), name!);
    else if (name !== undefined) inputs[at] = name;
  }
  editor.change(node, { inputs });
  return { order };
};

/** A list with an entry an axis, in another order. */
function transposedList(list: Tensor, order: number[]): Tensor {
  const data = list.data as Float32Array;
  const copy = data.slice();
  order.forEach((from, to) => {
    copy[to] = data[from]!;
  });
  return { ...list, data: copy };
}

/** Some axes are reduced; the others keep their order among themselves, which may be the right one already. */
export const reduce: PushRule = ({ editor, node, order, source }) => {
  const listed = node.inputs[1];
  const constant = editor.constant(listed);
  if (listed && !constant) return undefined;
  const given = intsOf(node, "axes") ?? (constant ? toNumbers(constant) : order.map((_, i) => i));
  const axes = given.map((axis) => order[axis < 0 ? axis + order.length : axis]!).sort((a, b) => a - b);
  if (listed) editor.change(node, { inputs: [source, editor.addConstant(int64(axes), listed)] });
  else editor.change(node, { inputs: [source], attributes: withAttributes(node, { axes }) });
  return behind(node, order, axes);
};

/** One axis is searched. */
export const search: PushRule = ({ editor, node, order, source }) => {
  const axis = order[axisOf(node, order.length, 0)]!;
  editor.change(node, { inputs: [source], attributes: withAttributes(node, { axis }) });
  return behind(node, order, [axis]);
};

/** What is left to transpose behind a node that drops axes of its source, unless it keeps them. */
function behind(node: Node, order: number[], axes: number[]): { order?: number[] } {
  if (intOf(node, "keepdims", 1) === 1) return { order };
  const left = order.filter((axis) => !axes.includes(axis));
  const ranks = [...left].sort((a, b) => a - b);
  const rest = left.map((axis) => ranks.indexOf(axis));
  return isIdentity(rest) ? {} : { order: rest };
}

/** Elements come out one after the other: no matter where axes of extent 1 stood. */
export const flat: PushRule = ({ editor, node, order, source }) => {
  const type = editor.type(source);
  if (!type || !movesOnlyUnits(type.shape, order)) return undefined;
  if (node.op === "Flatten") {
    if (intOf(node, "axis", 1) !== 1 || order[0] !== 0) return undefined;
  } else {
    const target = editor.constant(node.inputs[1]);
    // A zero copies the extent at its place, which must be the same before and after.
    const copies = target ? toNumbers(target).flatMap((extent, i) => (extent === 0 ? [i] : [])) : [];
    if (!target || copies.some((i) => order[i] !== i)) return undefined;
  }
  editor.change(node, { inputs: [source, ...node.inputs.slice(1)] });
  return {};
};
