import type { GraphBuilder, Value } from "../graph/builder.js";
import { full, int64 } from "../graph/tensor.js";
import type { Dim } from "../graph/types.js";

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

/** The axis from its end to its start. */
export function reverse(b: GraphBuilder, x: Value, axis: number): Value {
  return slice(b, x, [{ axis, start: -1, end: Number.NEGATIVE_INFINITY, step: -1 }]);
}

/** The extents from `start` to `end` of a tensor, as a tensor of their own. */
export function extents(b: GraphBuilder, x: Value, start: number, end = x.shape.length): Value {
  return slice(b, b.add("Shape", [x]), [{ axis: 0, start, end }]);
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
