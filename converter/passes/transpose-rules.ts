import { channelsLastOrder } from "../emit/layout.js";
import { type AttributeValue, attributesOf, intOf, intsOf } from "../graph/attributes.js";
import { int64, reshaped, toNumbers, transposed } from "../graph/tensor.js";
import type { Node, Tensor } from "../graph/types.js";
import type { GraphEditor } from "./editor.js";
import { inverse, isIdentity, movesOnlyUnits, permuted } from "./permutation.js";

/** A node that reads a transpose. */
interface Meeting {
  editor: GraphEditor;
  node: Node;
  /** The transpose's order of axes. */
  order: number[];
  /** What the transpose reads. */
  source: string;
}

/**
 * Lets a node read what stands before a transpose. Gives the order in which its output must be transposed to be what it
 * was, or none where it is so already; undefined, and nothing changed, where it cannot be done.
 */
type PushRule = (meeting: Meeting) => { order?: number[] } | undefined;

const setAttributes = (node: Node, values: Record<string, AttributeValue>) => ({
  ...node.attributes,
  ...attributesOf(values),
});

const axisOf = (node: Node, rank: number, otherwise: number) => {
  const axis = intOf(node, "axis", otherwise);
  return axis < 0 ? axis + rank : axis;
};

/** The first input alone is data. */
const unary: PushRule = ({ editor, node, order, source }) => {
  editor.change(node, { inputs: [source, ...node.inputs.slice(1)] });
  return { order };
};

/** All inputs meet element by element. */
const elementwise: PushRule = ({ editor, node, order }) => {
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
const concat: PushRule = ({ editor, node, order }) => {
  const back = inverse(order);
  const inputs = node.inputs.map((name) => {
    const before = beforeTranspose(editor, name, order);
    if (before !== undefined) return () => before;
    const constant = editor.constant(name);
    return constant && (() => editor.addConstant(transposed(constant, back), name));
  });
  if (inputs.some((input) => !input)) return undefined;
  const axis = order[axisOf(node, order.length, 0)]!;
  editor.change(node, { inputs: inputs.map((input) => input!()), attributes: setAttributes(node, { axis }) });
  return { order };
};

/** Works along one axis. */
const alongAxis =
  (otherwise: number): PushRule =>
  ({ editor, node, order, source }) => {
    const axis = order[axisOf(node, order.length, otherwise)]!;
    editor.change(node, {
      inputs: [source, ...node.inputs.slice(1)],
      attributes: setAttributes(node, { axis }),
    });
    return { order };
  };

/** Begins of all axes, then ends of all axes. */
const pad: PushRule = ({ editor, node, order, source }) => {
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
const slice: PushRule = ({ editor, node, order, source }) => {
  const axes = editor.constant(node.inputs[3]);
  if (!axes) return undefined;
  const moved = toNumbers(axes).map((axis) => order[axis < 0 ? axis + order.length : axis]!);
  const inputs = [source, node.inputs[1]!, node.inputs[2]!, editor.addConstant(int64(moved), node.inputs[3]!)];
  editor.change(node, { inputs: [...inputs, ...node.inputs.slice(4)] });
  return { order };
};

/** One factor an axis. */
const resize: PushRule = ({ editor, node, order, source }) => {
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
const reduce: PushRule = ({ editor, node, order, source }) => {
  const listed = node.inputs[1];
  const constant = editor.constant(listed);
  if (listed && !constant) return undefined;
  const given = intsOf(node, "axes") ?? (constant ? toNumbers(constant) : order.map((_, i) => i));
  const axes = given.map((axis) => order[axis < 0 ? axis + order.length : axis]!).sort((a, b) => a - b);
  if (listed) editor.change(node, { inputs: [source, editor.addConstant(int64(axes), listed)] });
  else editor.change(node, { inputs: [source], attributes: setAttributes(node, { axes }) });
  if (intOf(node, "keepdims", 1) === 1) return { order };
  const left = order.filter((axis) => !axes.includes(axis));
  const ranks = [...left].sort((a, b) => a - b);
  const rest = left.map((axis) => ranks.indexOf(axis));
  return isIdentity(rest) ? {} : { order: rest };
};

/** Elements come out one after the other: no matter where axes of extent 1 stood. */
const flat: PushRule = ({ editor, node, order, source }) => {
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

const UNARY =
  "Abs Neg Exp Log Sqrt Reciprocal Sign Floor Ceil Round Sin Cos Tan Sinh Cosh Tanh Erf Sigmoid HardSigmoid Relu LeakyRelu " +
  "Elu Selu Celu ThresholdedRelu Softplus Softsign Mish Gelu HardSwish Clip Identity Dropout Not Cast";
const ELEMENTWISE =
  "Add Sub Mul Div Pow Min Max Mean Sum PRelu Where Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor";
const REDUCTIONS =
  "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSumExp ReduceSumSquare";

const rulesFor = (operators: string, rule: PushRule) =>
  Object.fromEntries(operators.split(" ").map((operator) => [operator, rule]));

/** By operator: how a transpose before it becomes one behind it. */
export const PUSH_RULES = new Map<string, PushRule>(
  Object.entries({
    ...rulesFor(UNARY, unary),
    ...rulesFor(ELEMENTWISE, elementwise),
    ...rulesFor(REDUCTIONS, reduce),
    Concat: concat,
    Softmax: alongAxis(-1),
    LogSoftmax: alongAxis(-1),
    Pad: pad,
    Slice: slice,
    Resize: resize,
    Flatten: flat,
    Reshape: flat,
  }),
);
