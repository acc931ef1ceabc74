import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64 } from "../graph/tensor.js";
import { extent } from "./shape.js";

/**
 * Pixels of images [B, H, W, C] at whole coordinates, which must lie within them.
 * @param image index of the image, int64, that broadcasts with the coordinates
 * @param y rows, int64
 * @param x columns, int64
 * @returns [broadcast shape …, C]
 */
export function pixelsAt(b: GraphBuilder, images: Value, image: Value, y: Value, x: Value): Value {
  const whole = b.constant(int64([-1]), "rest");
  const list = b.add("Concat", [whole, extent(b, images, 3)], { axis: 0 });
  const pixels = b.add("Reshape", [images, list]);
  const row = b.add("Add", [b.add("Mul", [image, extent(b, images, 1)]), y]);
  return b.add("Gather", [pixels, b.add("Add", [b.add("Mul", [row, extent(b, images, 2)]), x])], { axis: 0 });
}

/** Whole numbers 0, 1, … below `count`, an int64 [1]. */
export function countTo(b: GraphBuilder, count: Value): Value {
  const end = b.add("Squeeze", [count, b.constant(int64([0]), "axes")]);
  return b.add("Range", [b.constant(int64([0], []), "zero"), end, b.constant(int64([1], []), "one")]);
}

/** a + (b - a) x share */
export function between(b: GraphBuilder, start: Value, end: Value, share: Value): Value {
  return b.add("Add", [start, b.add("Mul", [b.add("Sub", [end, start]), share])]);
}
