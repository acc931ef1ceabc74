import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import { extents, joined, reshape, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { quotient } from "../../graph/dims.js";
import { full, int64, scalar } from "../../graph/tensor.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Sparse tensors: indices [entries, rank], their values, and the dense shape. */

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "number");

const zeros = (b: GraphBuilder, shape: Value, dtype: Value["dtype"]) =>
  b.add("ConstantOfShape", [shape], { value: full([1], 0, dtype) });

/** Sums rows into places, several into one where they meet. */
const sumInto = (b: GraphBuilder, zero: Value, places: Value, rows: Value) =>
  b.add("ScatterND", [zero, unsqueeze(b, places, [-1]), rows], { reduction: "add" });

const segments =
  (mean: boolean): LowerOperator =>
  ({ b, x, input }) => {
    const taken = b.add("Gather", [x, input(1)], { axis: 0 });
    const ids = cast(b, input(2), "int64");
    // The ids grow: the last tells how many rows there are, none without an id.
    const last = slice(b, joined(b, [number(b, -1), ids]), [{ axis: 0, start: -1, end: Number.POSITIVE_INFINITY }]);
    const rows = b.add("Add", [last, number(b, 1)]);
    const tail = x.shape.length > 1 ? [extents(b, x, 1)] : [];
    const sums = sumInto(b, zeros(b, joined(b, [rows, ...tail]), x.dtype), ids, taken);
    if (!mean) return sums;
    const ones = b.add("Expand", [cast(b, b.constant(scalar(1), "one"), x.dtype), extents(b, ids)]);
    const counts = sumInto(b, zeros(b, rows, x.dtype), ids, ones);
    const filled = b.add("Max", [counts, cast(b, b.constant(scalar(1), "one"), x.dtype)]);
    const axes = x.shape.slice(1).map((_, i) => i + 1);
    return b.add("Div", [sums, axes.length > 0 ? unsqueeze(b, filled, axes) : filled]);
  };

registerOperator("SparseSegmentSum", segments(false), { becomes: "Gather and ScatterND" });
registerOperator("SparseSegmentMean", segments(true), { becomes: "Gather, ScatterND and Div" });

/** The entries of a vector, each as a vector of one. */
function entriesOf(node: OperatorContext, vector: Value, what: string): Value[] {
  return Array.from({ length: node.entries(vector, what) }, (_, i) =>
    node.b.add("Gather", [vector, number(node.b, i)], { axis: 0 }),
  );
}

/** Elements from one place to the next along each axis, of entries that are extents. */
function stridesOf(b: GraphBuilder, sizes: Value[]): Value[] {
  const strides: Value[] = [];
  let stride = number(b, 1);
  for (const size of sizes.toReversed()) {
    strides.unshift(stride);
    stride = b.add("Mul", [stride, size]);
  }
  return strides;
}

/** The new shape with the extent computed that -1 leaves open. */
function completed(node: OperatorContext, from: Value, to: Value): Value {
  const { b } = node;
  const [whole, wanted] = [node.contents(1), node.contents(2)];
  const open = wanted?.indexOf(-1);
  if (open === -1) return to;
  const rest = open === undefined || !whole ? undefined : quotient(whole, wanted!.toSpliced(open, 1));
  if (typeof rest === "number") return b.constant({ ...int64(wanted!.with(open!, rest) as number[]) }, "shape");
  const all = reduce(b, "ReduceProd", from, [0], true);
  // Where an entry is -1, the product of all is the product of the others with its sign turned.
  const others = b.add("Neg", [reduce(b, "ReduceProd", to, [0], true)]);
  const isOpen = b.add("Equal", [to, number(b, -1)]);
  const divisor = b.add("Where", [isOpen, others, number(b, 1)]);
  return b.add("Where", [isOpen, b.add("Div", [all, divisor]), to]);
}

registerOperator(
  "SparseReshape",
  (node) => {
    const { b } = node;
    const indices = cast(b, node.x, "int64");
    const from = cast(b, node.input(1), "int64");
    const to = completed(node, from, cast(b, node.input(2), "int64"));
    const sizes = entriesOf(node, to, "new shape");
    const before = joined(b, stridesOf(b, entriesOf(node, from, "shape")));
    const flat = reduce(b, "ReduceSum", b.add("Mul", [indices, before]), [1], true);
    const columns = stridesOf(b, sizes).map((stride, i) => {
      const place = b.add("Div", [flat, stride]);
      return i === 0 ? place : b.add("Mod", [place, sizes[i]!]);
    });
    const moved = columns.length === 1 ? columns[0]! : b.add("Concat", columns, { axis: 1 });
    return [cast(b, moved, "int32"), cast(b, to, "int32")];
  },
  { becomes: "arithmetic on the indices", outputs: ["output_indices", "output_shape"] },
);

/** The places of elements in ascending order; equal ones keep theirs. */
function sortedPlaces(b: GraphBuilder, x: Value): Value {
  return b.addMany("TopK", [x, extents(b, x)], 2, { axis: 0, largest: 0 })[1]!;
}

registerOperator(
  "SparseFillEmptyRows",
  (node) => {
    const { b, x, input } = node;
    const rank = x.shape[1];
    if (typeof rank !== "number") throw node.unsupported("the rank is known at run time alone");
    const indices = cast(b, x, "int64");
    const rows = reshape(b, slice(b, indices, [{ axis: 1, start: 0, end: 1 }]), [-1]);
    const height = slice(b, cast(b, input(2), "int64"), [{ axis: 0, start: 0, end: 1 }]);
    const ones = b.add("Expand", [number(b, 1), extents(b, rows)]);
    const empty = b.add("Equal", [sumInto(b, zeros(b, height, "int64"), rows, ones), number(b, 0)]);
    const missing = reshape(b, b.add("NonZero", [empty]), [-1]);
    const count = extents(b, missing);
    const rest = zeros(b, joined(b, [count, number(b, rank - 1)]), "int64");
    const added = b.add("Concat", [unsqueeze(b, missing, [1]), rest], { axis: 1 });
    const fill = b.add("Expand", [cast(b, input(3), input(1).dtype), count]);
    const order = sortedPlaces(b, b.add("Concat", [rows, missing], { axis: 0 }));
    const take = (own: Value, more: Value) => b.add("Gather", [b.add("Concat", [own, more], { axis: 0 }), order]);
    // Sorting an order gives where each element went.
    const went = b.add("Slice", [sortedPlaces(b, order), number(b, 0), extents(b, rows), number(b, 0)]);
    return [cast(b, take(indices, added), "int32"), take(input(1), fill), empty, cast(b, went, "int32")];
  },
  {
    becomes: "ScatterND for the count of each row, NonZero and a stable sort by TopK",
    outputs: ["output_indices", "output_values", "empty_row_indicator", "reverse_index_map"],
  },
);
