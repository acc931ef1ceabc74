import type { GraphBuilder, Value } from "../graph/builder.js";
import { quotient } from "../graph/dims.js";
import { contentsOf } from "../graph/infer/index.js";
import { full, int64 } from "../graph/tensor.js";
import type { Dim } from "../graph/types.js";
import { cast } from "./cast.js";

/** 0 copies the extent at the same place, -1 takes what is left. */
export function reshape(b: GraphBuilder, x: Value, shape: number[]): Value {
  return b.add("Reshape", [x, b.constant(int64(shape), "shape")]);
}

export function unsqueeze(b: GraphBuilder, x: Value, axes: number[]): Value {
  return b.add("Unsqueeze", [x, b.constant(int64(axes), "axes")]);
}

export function squeeze(b: GraphBuilder, x: Value, axes: number[]): Value {
  return b.add("Squeeze", [x, b.constant(int64(axes), "axes")]);
}

/** Takes [start, end) along some axes; an end of Infinity is the end of the axis. */
export function slice(
  b: GraphBuilder,
  x: Value,
  parts: { axis: number; start: number; end: number; step?: number }[],
): Value {
  const bound = (value: number) => (Number.isFinite(value) ? value : Math.sign(value) * (2 ** 31 - 1));
  const inputs = [
    int64(parts.map((part) => part.start)),
    int64(parts.map((part) => bound(part.end))),
    int64(parts.map((part) => part.axis)),
    int64(parts.map((part) => part.step ?? 1)),
  ];
  const names = ["starts", "ends", "axes", "steps"];
  return b.add("Slice", [x, ...inputs.map((tensor, i) => b.constant(tensor, names[i]))]);
}

/** Each axis from its end to its start. */
export function reverse(b: GraphBuilder, x: Value, ...axes: number[]): Value {
  return slice(
    b,
    x,
    axes.map((axis) => ({ axis, start: -1, end: Number.NEGATIVE_INFINITY, step: -1 })),
  );
}

/** Extents of `x` from one axis to before another, int64; those that are known are constant. */
export function extents(b: GraphBuilder, x: Value, start = 0, end = x.shape.length): Value {
  return b.add("Shape", [x], { start, end });
}

/** The extent of one axis, int64 [1]. */
export function extent(b: GraphBuilder, x: Value, axis: number): Value {
  return extents(b, x, axis, axis + 1);
}

/** Vectors of int64 one after the other, as shapes are put together. */
export function joined(b: GraphBuilder, parts: Value[]): Value {
  return parts.length === 1 ? parts[0]! : b.add("Concat", parts, { axis: 0 });
}

/**
 * Reshapes to extents that the graph computes, of which one may be -1 for what is left. Where they are known but for
 * one, the shape is constant.
 */
export function reshapeBy(b: GraphBuilder, x: Value, shape: Value): Value {
  const wanted = shape.contents ?? contentsOf(shape.constant);
  const known = wanted && resolved(x.shape, wanted);
  const target = known && writtenShape(x.shape, known);
  const allowzero = target && !known.includes(0) ? undefined : 1;
  const result = b.add("Reshape", [x, target ? b.constant(int64(target), "shape") : cast(b, shape, "int64")], {
    allowzero,
  });
  if (known)
    result.shape = result.shape.map((dim, i) => (typeof dim === "number" || known[i] === -1 ? dim : known[i]!));
  return result;
}

/** The wanted extents with the open one computed, where it can be told. */
function resolved(from: Dim[], wanted: Dim[]): Dim[] {
  const open = wanted.indexOf(-1);
  const rest = open < 0 ? undefined : quotient(from, wanted.toSpliced(open, 1));
  return rest === undefined ? wanted : wanted.with(open, rest);
}

/** The second input of Reshape; undefined where more than one extent is known at run time alone. */
function writtenShape(from: Dim[], wanted: Dim[]): number[] | undefined {
  const zero = wanted.includes(0);
  const target = wanted.map((extent, i) =>
    typeof extent === "number" ? extent : extent === from[i] && !zero ? 0 : -1,
  );
  return target.filter((extent) => extent === -1).length > (zero ? 0 : 1) ? undefined : target;
}

/** Zeros of a shape; `extent` gives the extent along an axis, [1], where it is not known before the graph runs. */
export function zeros(b: GraphBuilder, shape: Dim[], extent: (axis: number) => Value): Value {
  if (shape.every((extent) => typeof extent === "number")) return b.constant(full(shape, 0), "zeros");
  const parts = shape.map((known, axis) =>
    typeof known === "number" ? b.constant(int64([known]), "extent") : extent(axis),
  );
  const wanted = b.add("Concat", parts, { axis: 0 });
  return b.addWithBodies("ConstantOfShape", [wanted], {}, [{ dtype: "float32", shape }])[0]!;
}
