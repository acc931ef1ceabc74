import type { Dim } from "../../graph/types.js";

/** Orders of axes: result axis i is axis `order[i]` of the source. */

/** The elements in that order; also: first `elements` as an order, then `order`. */
export function permuted<T>(elements: readonly T[], order: readonly number[]): T[] {
  return order.map((axis) => elements[axis]!);
}

export function inverse(order: readonly number[]): number[] {
  const result = new Array<number>(order.length);
  order.forEach((axis, i) => {
    result[axis] = i;
  });
  return result;
}

export function isIdentity(order: readonly number[]): boolean {
  return order.every((axis, i) => axis === i);
}

/** Whether a tensor of this shape keeps the order of its elements: only axes of extent 1 change places. */
export function movesOnlyUnits(shape: readonly Dim[], order: readonly number[]): boolean {
  const moved = order.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || moved[i - 1]! < axis);
}
