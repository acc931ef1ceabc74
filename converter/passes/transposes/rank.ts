import { intOf } from "../../graph/attributes.js";
import { int64, toNumbers } from "../../graph/tensor.js";
import { isIdentity } from "./permutation.js";
import { axisOf, type Meeting, type PushRule, withAttributes } from "./rule.js";

/** Rules for operators that add or drop axes. */

/** Axes listed in the second input, counted from the front; undefined where they are computed or not listed. */
function listedAxes({ editor, node }: Meeting, rank: number): number[] | undefined {
  const axes = editor.constant(node.inputs[1]);
  return axes && toNumbers(axes).map((axis) => (axis < 0 ? axis + rank : axis));
}

/** The order among the axes that are left when some of the source are dropped. */
function without(order: number[], dropped: number[]): { order?: number[] } {
  const left = order.filter((axis) => !dropped.includes(axis));
  const sorted = left.toSorted((a, b) => a - b);
  const rest = left.map((axis) => sorted.indexOf(axis));
  return isIdentity(rest) ? {} : { order: rest };
}

export const squeeze: PushRule = (meeting) => {
  const { editor, node, order, source } = meeting;
  const axes = listedAxes(meeting, order.length)?.map((axis) => order[axis]!);
  if (!axes) return undefined;
  editor.change(node, { inputs: [source, editor.addConstant(int64(axes.toSorted((a, b) => a - b)), node.inputs[1]!)] });
  return without(order, axes);
};

/** The new axes stay where they are. */
export const unsqueeze: PushRule = (meeting) => {
  const { editor, node, order, source } = meeting;
  const count = editor.constant(node.inputs[1])?.data.length ?? 0;
  const axes = listedAxes(meeting, order.length + count);
  if (!axes) return undefined;
  const places = Array.from({ length: order.length + count }, (_, i) => i);
  const old = places.filter((place) => !axes.includes(place));
  editor.change(node, { inputs: [source, node.inputs[1]!] });
  return { order: places.map((place) => (axes.includes(place) ? place : old[order[old.indexOf(place)]!]!)) };
};

/** One element or several along one axis. */
export const gather: PushRule = ({ editor, node, order, source }) => {
  const [data, indices] = node.inputs as [string, string];
  const maker = editor.producer(data);
  const rank = editor.type(indices)?.shape.length;
  // It may be the indices that are transposed.
  if (maker?.op !== "Transpose" || maker.inputs[0] !== source || rank === undefined || rank > 1) return undefined;
  const axis = order[axisOf(node, order.length, 0)]!;
  editor.change(node, { inputs: [source, indices], attributes: withAttributes(node, { axis }) });
  return rank === 1 ? { order } : without(order, [axis]);
};

/** Extents are told of the source, and picked in the other order. */
export const shape: PushRule = ({ editor, node, order, source }) => {
  const end = intOf(node, "end", order.length);
  const axes = order.slice(intOf(node, "start", 0), end);
  const [first = 0] = axes;
  if (axes.every((axis, i) => axis === first + i)) {
    const attributes = withAttributes(node, { start: first, end: first + axes.length });
    editor.change(node, { inputs: [source], attributes });
    return {};
  }
  const old = node.outputs[0]!;
  const all = editor.freeOutput(node);
  editor.change(node, { inputs: [source], attributes: {} });
  const picked = editor.addConstant(int64(axes), `${node.name}/axes`);
  editor.add("Gather", [all, picked], { axis: 0 }, { node: `${node.name}/Gather`, output: old });
  return {};
};
