import { cast } from "../../emit/cast.js";
import { gather } from "../../emit/gather.js";
import { extents, joined, reshapeBy, unsqueeze } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Tensors put together, taken apart and repeated. */

function onlyNumber(node: OperatorContext, input: number, what: string): number {
  const [number] = node.numbers(input, what);
  if (number === undefined) throw node.invalid(`its ${what} is missing`);
  return number;
}

/** An axis counted from the front. */
function axisOf(node: OperatorContext, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank) throw node.invalid(`axis ${axis} is outside its ${rank} axes`);
  return at;
}

function concat(node: OperatorContext, tensors: Value[], axis: number): Value {
  const [first] = tensors;
  if (!first) throw node.invalid("it has no input");
  if (tensors.length === 1) return first;
  return node.b.add(
    "Concat",
    tensors.map((tensor) => cast(node.b, tensor, first.dtype)),
    { axis: axisOf(node, axis, first.shape.length) },
  );
}

registerOperator(
  "ConcatV2",
  (node) => {
    const last = node.inputs.length - 1;
    const tensors = node.inputs.slice(0, last).slice(0, node.attributes.int("N", 2));
    return concat(node, tensors, onlyNumber(node, last, "axis"));
  },
  { becomes: "Concat", limits: "the axis must be constant" },
);
registerOperator(
  "Concat",
  (node) => concat(node, node.inputs.slice(1).slice(0, node.attributes.int("N", 2)), onlyNumber(node, 0, "axis")),
  { becomes: "Concat", limits: "the axis must be constant" },
);

registerOperator(
  "Pack",
  (node) => {
    const { b, x, inputs } = node;
    const axis = axisOf(node, node.attributes.int("axis", 0), x.shape.length + 1);
    // TensorFlow.js brings tensors that differ from the first by axes of extent 1 into its shape.
    const fits = ({ shape }: Value) =>
      shape.length === x.shape.length &&
      shape.every((dim, i) => dim === x.shape[i] || typeof dim === "string" || typeof x.shape[i] === "string");
    const rows = inputs.map((input) => unsqueeze(b, fits(input) ? input : reshapeBy(b, input, extents(b, x)), [axis]));
    return concat(node, rows, axis);
  },
  { becomes: "Unsqueeze and Concat" },
);

registerOperator(
  "Unpack",
  (node) => {
    const { b, x } = node;
    const axis = axisOf(node, node.attributes.int("axis", 0), x.shape.length);
    const extent = x.shape[axis]!;
    const count = node.count(typeof extent === "number" ? extent : node.attributes.int("num", 0), "number of outputs");
    if (count === 0 && typeof extent === "string") {
      throw node.unsupported("how many tensors it gives is known at run time alone");
    }
    return Array.from({ length: count }, (_, i) => gather(b, x, b.constant(scalar(i, "int64"), "index"), axis));
  },
  { becomes: "a Gather for each output", limits: "the extent along the axis must be known" },
);

registerOperator("Tile", ({ b, x, input }) => b.add("Tile", [x, cast(b, input(1), "int64")]), { becomes: "Tile" });

registerOperator(
  "Split",
  (node) => {
    const { b } = node;
    const x = node.input(1);
    const axis = axisOf(node, onlyNumber(node, 0, "axis"), x.shape.length);
    const count = node.count(node.attributes.int("num_split", 1), "number of outputs");
    if (count === 1) return x;
    const extent = x.shape[axis]!;
    if (typeof extent === "number") {
      if (extent % count !== 0) throw node.invalid(`it splits ${extent} into ${count} equal parts`);
      const sizes = b.constant(int64(Array<number>(count).fill(extent / count)), "sizes");
      return b.addMany("Split", [x, sizes], count, { axis });
    }
    return b.addMany("Split", [x], count, { axis, num_outputs: b.opset >= 18 ? count : undefined });
  },
  { becomes: "Split", limits: "the axis must be constant" },
);

registerOperator(
  "SplitV",
  (node) => {
    const { b, x } = node;
    const axis = axisOf(node, onlyNumber(node, 2, "axis"), x.shape.length);
    const given = node.input(1);
    const count = node.entries(given, "sizes");
    if (count === 1) return x;
    const known = node.contents(1);
    const rest = known?.indexOf(-1) ?? -1;
    if (!known || rest < 0) return b.addMany("Split", [x, cast(b, given, "int64")], count, { axis });
    const others = known.toSpliced(rest, 1);
    if (!others.every((size) => typeof size === "number")) {
      throw node.unsupported("one of its sizes is -1 and another is computed at run time");
    }
    const total = b.constant(int64([others.reduce((sum, size) => sum + size, 0)]), "total");
    const left = b.add("Sub", [extents(b, x, axis, axis + 1), total]);
    const parts = known.map((size, i) => (i === rest ? left : b.constant(int64([size as number]), "size")));
    return b.addMany("Split", [x, joined(b, parts)], count, { axis });
  },
  { becomes: "Split", limits: "the axis and the number of sizes must be constant" },
);
