import { cast } from "../../emit/cast.js";
import { atLeastNone, gap, List } from "../../emit/list.js";
import { reduce } from "../../emit/reduce.js";
import { reshape, squeeze, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { product } from "../../graph/dims.js";
import { contentsOf } from "../../graph/infer/index.js";
import { int64, scalar, toNumbers } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import type { OperatorContext } from "../../read/graph-model/registry.js";

/** What TensorLists and TensorArrays can both do. */

/** A longer list is not laid out while the model is converted. */
const LONGEST = 1024;

const lengths = (b: GraphBuilder, x: Value) => b.add("Shape", [x], { start: 0, end: 1 });
const start = (b: GraphBuilder) => b.constant(int64([0]), "start");
const firstRows = (b: GraphBuilder, x: Value, count: Value) => b.add("Slice", [x, start(b), count, start(b)]);

export function lengthOf(b: GraphBuilder, list: List): Value {
  if (list.size === 0) return b.constant(scalar(0, "int32"), "length");
  return cast(b, squeeze(b, lengths(b, list.stack()), [0]), "int32");
}

/** The elements at some indices; as in TensorFlow.js, at most as many as there are elements. */
export function gathered(b: GraphBuilder, stack: Value, indices: Value): Value {
  if (countsUp(b, indices)) {
    return indices.shape[0] === stack.shape[0] ? stack : firstRows(b, stack, lengths(b, indices));
  }
  const [count, length] = [indices.shape[0], stack.shape[0]];
  const within = typeof count === "number" && typeof length === "number" && count <= length;
  const taken = within ? indices : firstRows(b, indices, lengths(b, stack));
  return b.add("Gather", [stack, taken], { axis: 0 });
}

/** The list with the rows of a tensor written at some indices. */
export function scattered(b: GraphBuilder, list: List, indices: Value, rows: Value): List {
  if (list.size === 0) {
    if (countsUp(b, indices)) return List.of(rows);
    const known = contentsOf(indices.constant) as number[] | undefined;
    if (known && known.length > 0 && Math.max(...known) < LONGEST) {
      // What stands at places that nobody wrote does not matter: nobody can read it.
      const sources = Array.from({ length: Math.max(...known) + 1 }, (_, at) => Math.max(0, known.lastIndexOf(at)));
      return List.of(b.add("Gather", [rows, b.constant(int64(sources), "sources")], { axis: 0 }));
    }
  }
  const places = cast(b, indices, "int64");
  const nothing = b.constant(int64([-1]), "nothing");
  const highest = reduce(b, "ReduceMax", b.add("Concat", [places, nothing], { axis: 0 }), [0], true);
  const needed = b.add("Add", [highest, b.constant(int64([1]), "one")]);
  const element = b.add("Shape", [rows], { start: 1 });
  const base =
    list.size === 0
      ? gap(b, needed, element, rows.dtype)
      : extended(b, list.fitting(b, element), needed, element, rows.dtype);
  base.shape = [b.symbol("length"), ...rows.shape.slice(1)];
  return List.of(b.add("ScatterND", [base, unsqueeze(b, places, [1]), rows]));
}

/** The list of exactly so many elements. */
export function resized(b: GraphBuilder, list: List, length: Value): List {
  const stack = list.stack();
  const count = unsqueeze(b, length, [0]);
  const element = b.add("Shape", [stack], { start: 1 });
  const result = extended(b, firstRows(b, stack, count), count, element, stack.dtype);
  result.shape = [b.symbol("length"), ...stack.shape.slice(1)];
  return List.of(result, list.isLoose);
}

/** All elements one behind the other along their first axis. */
export function concatenated(node: OperatorContext, list: List): Value {
  const { b } = node;
  const stack = list.stack();
  const [length, extent, ...rest] = stack.shape;
  if (extent === undefined) throw node.unsupported("the list's elements are single numbers");
  const whole = product([length!, extent]);
  const fixed = [typeof whole === "number" ? whole : -1, ...rest];
  if (fixed.every((dim) => typeof dim === "number" && dim !== 0)) return reshape(b, stack, fixed as number[]);
  const rows = reduce(b, "ReduceProd", b.add("Shape", [stack], { start: 0, end: 2 }), [0], true);
  const shape = b.add("Concat", [rows, b.add("Shape", [stack], { start: 2 })], { axis: 0 });
  const joined = b.add("Reshape", [stack, shape], { allowzero: 1 });
  joined.shape = [whole, ...rest];
  return joined;
}

/** At least so many rows. */
function extended(b: GraphBuilder, rows: Value, needed: Value, element: Value, dtype: DType): Value {
  const missing = atLeastNone(b, b.add("Sub", [needed, lengths(b, rows)]));
  return b.add("Concat", [rows, gap(b, missing, element, dtype)], { axis: 0 });
}

/** Whether indices are 0, 1, 2 … */
function countsUp(b: GraphBuilder, indices: Value): boolean {
  const known = contentsOf(indices.constant);
  if (known) return known.every((index, i) => index === i);
  const maker = b.maker(indices);
  if (maker?.op === "Cast") return countsUp(b, maker.inputs[0]!);
  const [from, , step] = maker?.op === "Range" ? maker.inputs : [];
  return isNumber(from, 0) && isNumber(step, 1);
}

const isNumber = (value: Value | undefined, wanted: number) =>
  value?.constant !== undefined && toNumbers(value.constant)[0] === wanted;
