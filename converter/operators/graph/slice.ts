import { gather } from "../../emit/gather.js";
import { reverse, slice, squeeze, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import type { Dim, Tensor } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Stands for the end of any axis in 32 bits. */
const END = 2 ** 31 - 1;

const ints = (values: number[]): Tensor => ({ dtype: "int32", shape: [values.length], data: Int32Array.from(values) });

/** A part of an axis. What is undefined is known at run time alone, from entry `index` of the node's vectors. */
interface Part {
  index: number;
  axis: number;
  start: number | undefined;
  end: number | undefined;
  step: number;
}

const isWhole = ({ start, end, step }: Part) => start === 0 && end === END && step === 1;

const numberAt = (contents: Dim[] | undefined, index: number) => {
  const found = contents?.[index];
  return typeof found === "number" ? found : undefined;
};

/** One bound of every part as a vector: a constant, or entries of `vector` with what is known in their place. */
function bounds(b: GraphBuilder, vector: Value, parts: Part[], known: (part: Part) => number | undefined): Value {
  const values = parts.map(known);
  if (values.every((value) => value !== undefined)) return b.constant(ints(values), "bounds");
  const whole = parts.length === vector.shape[0] && parts.every(({ index }, i) => index === i);
  const taken = whole
    ? vector
    : b.add("Gather", [vector, b.constant(ints(parts.map(({ index }) => index)), "indices")]);
  if (values.every((value) => value === undefined)) return taken;
  const fixed = values.map((value) => (value === undefined ? 0 : 1));
  const mask: Tensor = { dtype: "bool", shape: [fixed.length], data: Uint8Array.from(fixed) };
  const replaced = b.constant(ints(values.map((value) => value ?? 0)), "bounds");
  return b.add("Where", [b.constant(mask, "known"), replaced, taken]);
}

/** Takes the parts; bounds that are not known stand in the vectors `starts` and `ends`. */
function sliceParts(b: GraphBuilder, x: Value, parts: Part[], starts: Value, ends: Value): Value {
  const cut = parts.filter((part) => !isWhole(part));
  if (cut.length === 0) return x;
  if (cut.every(({ start, end }) => start !== undefined && end !== undefined)) {
    return slice(
      b,
      x,
      cut.map(({ axis, start, end, step }) => ({ axis, start: start!, end: end!, step })),
    );
  }
  return b.add("Slice", [
    x,
    bounds(b, starts, cut, ({ start }) => start),
    bounds(b, ends, cut, ({ end }) => end),
    b.constant(ints(cut.map(({ axis }) => axis)), "axes"),
    b.constant(ints(cut.map(({ step }) => step)), "steps"),
  ]);
}

registerOperator(
  "Slice",
  (node) => {
    const { b, x } = node;
    const [begin, size] = [node.input(1), node.input(2)];
    const [begins, sizes] = [node.contents(1), node.contents(2)];
    const parts = Array.from({ length: node.entries(node.input(1), "begin") }, (_, i): Part => {
      const [start, extent] = [numberAt(begins, i), numberAt(sizes, i)];
      const end = extent === -1 ? END : start === undefined || extent === undefined ? undefined : start + extent;
      return { index: i, axis: i, start, end, step: 1 };
    });
    const open = parts.some(({ end }) => end === undefined);
    let ends = open ? b.add("Add", [begin, size]) : size;
    if (open && !sizes) {
      const rest = b.add("Equal", [size, b.constant(scalar(-1, "int32"), "rest")]);
      ends = b.add("Where", [rest, b.constant(scalar(END, "int32"), "end"), ends]);
    }
    const result = sliceParts(b, x, parts, begin, ends);
    // TensorFlow.js refuses a slice that does not lie within the tensor: sizes that are given are those of the result.
    if (result !== x) result.shape = result.shape.map((dim, i) => given(sizes?.[i]) ?? dim);
    return result;
  },
  { becomes: "Slice" },
);

const given = (size: Dim | undefined) => (size === -1 ? undefined : size);

/** An axis of a StridedSlice's result: one of the input's, as it is or dropped, or a new one of extent 1. */
type Axis = { kind: "kept" | "dropped"; axis: number } | { kind: "new" };

/** Reads the masks: the part of each axis that is named, and the axes of the result. */
function readMasks(node: OperatorContext): { parts: Part[]; axes: Axis[] } {
  const { x } = node;
  const rank = x.shape.length;
  const length = node.entries(node.input(1), "begin");
  const [begins, ends] = [node.contents(1), node.contents(2)];
  const strides = node.numbers(3, "strides");
  const bit = (name: string) => {
    const mask = node.attributes.int(name, 0);
    return (i: number) => (mask & (1 << i)) !== 0;
  };
  const [noBegin, noEnd, ellipsis] = [bit("begin_mask"), bit("end_mask"), bit("ellipsis_mask")];
  const [isNew, isDropped] = [bit("new_axis_mask"), bit("shrink_axis_mask")];
  const entries = Array.from({ length }, (_, i) => i);
  const at = entries.find(ellipsis);
  if (entries.filter(ellipsis).length > 1) throw node.invalid("it has two ellipses");
  // As in TensorFlow, an entry at the ellipsis is the ellipsis, and a new axis is no entry of the input's.
  const named = entries.filter((i) => i !== at && !isNew(i)).length;
  if (named > rank) throw node.invalid(`it slices ${named} axes of ${rank}`);
  const parts: Part[] = [];
  const axes: Axis[] = [];
  let axis = 0;
  const keep = (count: number) => {
    for (let i = 0; i < count; i++) axes.push({ kind: "kept", axis: axis++ });
  };
  for (const index of entries) {
    if (index === at) {
      keep(rank - named);
    } else if (isNew(index)) {
      axes.push({ kind: "new" });
    } else if (isDropped(index)) {
      const start = numberAt(begins, index);
      parts.push({
        index,
        axis,
        start,
        end: start === undefined ? undefined : start === -1 ? END : start + 1,
        step: 1,
      });
      axes.push({ kind: "dropped", axis: axis++ });
    } else {
      const step = strides[index]!;
      if (step === 0) throw node.invalid("a stride is 0");
      const start = noBegin(index) ? (step > 0 ? 0 : -1) : numberAt(begins, index);
      const end = noEnd(index) ? (step > 0 ? END : -END) : numberAt(ends, index);
      // Backwards from before the start nothing is left; ONNX would begin with the first.
      const nothing = step < 0 && start !== undefined && start < -Number(x.shape[axis]);
      parts.push({ index, axis, start: nothing ? 0 : start, end: nothing ? 0 : end, step });
      axes.push({ kind: "kept", axis: axis++ });
    }
  }
  keep(rank - axis);
  return { parts, axes };
}

/** Ends of dropped axes are one behind their begins, which may be counted from the end. */
function endsOf(b: GraphBuilder, begin: Value, end: Value, parts: Part[], dropped: Set<number>): Value {
  const open = parts.filter((part) => dropped.has(part.axis) && part.end === undefined);
  if (open.length === 0) return end;
  const last = b.add("Equal", [begin, b.constant(scalar(-1, "int32"), "last")]);
  const next = b.add("Add", [begin, b.constant(scalar(1, "int32"), "one")]);
  const behind = b.add("Where", [last, b.constant(scalar(END, "int32"), "end"), next]);
  const flags = new Uint8Array(Number(begin.shape[0]));
  for (const { index } of open) flags[index] = 1;
  const mask: Tensor = { dtype: "bool", shape: [flags.length], data: flags };
  return b.add("Where", [b.constant(mask, "dropped"), behind, end]);
}

registerOperator(
  "StridedSlice",
  (node) => {
    const { b, x } = node;
    const [begin, end] = [node.input(1), node.input(2)];
    const { parts, axes } = readMasks(node);
    const dropped = axes.flatMap((axis) => (axis.kind === "dropped" ? [axis.axis] : []));
    const added = axes.filter(({ kind }) => kind !== "dropped").flatMap(({ kind }, i) => (kind === "new" ? [i] : []));
    const cut = parts.filter((part) => !isWhole(part));
    let result: Value;
    if (dropped.length === 1 && cut.length === 1) {
      const { index, axis, start } = cut[0]!;
      const place =
        start === undefined
          ? b.add("Gather", [begin, b.constant(scalar(index, "int32"), "entry")])
          : b.constant(scalar(start, "int64"), "index");
      result = gather(b, x, place, axis);
    } else {
      result = sliceParts(b, x, parts, begin, endsOf(b, begin, end, parts, new Set(dropped)));
      if (dropped.length > 0) {
        result.shape = result.shape.map((dim, axis) => (dropped.includes(axis) ? 1 : dim));
        result = squeeze(b, result, dropped);
      }
    }
    return added.length > 0 ? unsqueeze(b, result, added) : result;
  },
  { becomes: "Slice, or Gather of one index", limits: "strides must be constant" },
);

registerOperator(
  ["Reverse", "ReverseV2"],
  (node) => {
    const { b, x, op } = node;
    const given = node.numbers(1, "axes");
    const rank = x.shape.length;
    const axes = op === "Reverse" ? given.flatMap((flag, axis) => (flag ? [axis] : [])) : given;
    if (rank === 0 || axes.length === 0) return x;
    return reverse(b, x, ...axes);
  },
  { becomes: "Slice with steps of -1", limits: "axes must be constant" },
);
