import type { GraphBuilder, Value } from "../graph/builder.js";
import { full, int64, scalar } from "../graph/tensor.js";
import { extents, joined, slice, squeeze, unsqueeze } from "./shape.js";

/** Ragged rows lie one behind the other; splits, all of int64, tell where each begins, and the last where it ends. */

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "number");

/** The first `count` whole numbers; `count` is a vector of one. */
export function places(b: GraphBuilder, count: Value): Value {
  const [from, step] = [b.constant(scalar(0, "int64"), "from"), b.constant(scalar(1, "int64"), "step")];
  return b.add("Range", [from, squeeze(b, count, [0]), step]);
}

const lastOf = (b: GraphBuilder, vector: Value) =>
  slice(b, vector, [{ axis: 0, start: -1, end: Number.POSITIVE_INFINITY }]);

/** How often each number below `count` is there. */
export function countsOf(b: GraphBuilder, numbers: Value, count: Value): Value {
  const zeros = b.add("ConstantOfShape", [count], { value: full([1], 0, "int64") });
  const ones = b.add("Expand", [number(b, 1), extents(b, numbers)]);
  return b.add("ScatterND", [zeros, unsqueeze(b, numbers, [-1]), ones], { reduction: "add" });
}

const sums = (b: GraphBuilder, x: Value) => b.add("CumSum", [x, b.constant(scalar(0, "int64"), "axis")]);

/** Splits of rows of these lengths. */
export const splitsOf = (b: GraphBuilder, lengths: Value) => joined(b, [number(b, 0), sums(b, lengths)]);

/** For each element of ragged rows the row that it is in, and its place there. */
export function unfolded(b: GraphBuilder, splits: Value): { rows: Value; offsets: Value; count: Value } {
  const count = lastOf(b, splits);
  const ends = slice(b, splits, [{ axis: 0, start: 1, end: Number.POSITIVE_INFINITY }]);
  // The row of an element is the number of rows that end before it.
  const ended = sums(b, countsOf(b, ends, b.add("Add", [count, number(b, 1)])));
  const rows = b.add("Slice", [ended, number(b, 0), count, number(b, 0)]);
  const offsets = b.add("Sub", [places(b, count), b.add("Gather", [splits, rows])]);
  return { rows, offsets, count };
}
