import type { GraphBuilder, Value } from "../graph/builder.js";
import { reshaped, transposed } from "../graph/tensor.js";
import { reshape } from "./shape.js";
import { type Sliding, slidingAttributes } from "./window.js";

/** Convolutions of [N, C, spatial …] with filters that lie as TensorFlow has them, which are turned where constant. */

/** A filter with its axes in another order. */
export function reordered(b: GraphBuilder, filter: Value, order: number[]): Value {
  if (!filter.constant) return b.add("Transpose", [filter], { perm: order });
  return constantLike(filter, transposed(filter.constant, order));
}

const constantLike = ({ name, dtype }: Value, constant: NonNullable<Value["constant"]>): Value => ({
  name,
  dtype,
  shape: constant.shape,
  constant,
});

const spatialAxes = (filter: Value) => filter.shape.slice(2).map((_, i) => i);

/** Filter [spatial …, in, out] */
export function convolve(b: GraphBuilder, x: Value, filter: Value, bias: Value | undefined, sliding: Sliding): Value {
  const rank = filter.shape.length;
  const kernel = reordered(b, filter, [rank - 1, rank - 2, ...spatialAxes(filter)]);
  return b.add("Conv", bias ? [x, kernel, bias] : [x, kernel], slidingAttributes(x, sliding));
}

/** Filter [h, w, in, multiplier] */
export function convolveDepthwise(
  b: GraphBuilder,
  x: Value,
  filter: Value,
  bias: Value | undefined,
  sliding: Sliding,
): Value {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  const turned = reordered(b, filter, [2, 3, 0, 1]);
  const shape = [channels * multiplier, 1, height, width];
  const kernel = turned.constant ? constantLike(turned, reshaped(turned.constant, shape)) : reshape(b, turned, shape);
  const attributes = { group: channels, ...slidingAttributes(x, sliding) };
  return b.add("Conv", bias ? [x, kernel, bias] : [x, kernel], attributes);
}
