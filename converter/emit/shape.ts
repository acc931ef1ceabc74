import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64 } from "../graph/tensor.js";

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

/** The extents of axes [from, to) as int64 [to - from]. */
export function extents(b: GraphBuilder, x: Value, from: number, to = from + 1): Value {
  return b.add("Shape", [x], { start: from, end: to });
}

/** The axis from its end to its start. */
export function reverse(b: GraphBuilder, x: Value, axis: number): Value {
  return slice(b, x, [{ axis, start: -1, end: Number.NEGATIVE_INFINITY, step: -1 }]);
}
