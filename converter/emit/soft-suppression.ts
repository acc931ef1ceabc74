import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64, scalar } from "../graph/tensor.js";
import type { Dim } from "../graph/types.js";
import { cast } from "./cast.js";
import { reduce } from "./reduce.js";
import { countTo } from "./sample.js";
import { extent, slice } from "./shape.js";

export interface SoftSuppression {
  /** Two opposite corners each [n, 4] */
  boxes: Value;
  /** [n] */
  scores: Value;
  /** Most boxes that are selected, at most n, int64 [1] */
  limit: Value;
  /** Boxes that overlap a selected one by this share or more are dropped. */
  overlap: Value;
  /** Boxes of this score or less are dropped. */
  lowest: Value;
  /** A score loses the factor exp(scale x IoU^2) for each selected box. */
  scale: number;
  /** Symbol for the number of selected boxes. */
  count: string;
}

/**
 * Non-maximum suppression that lowers the scores of boxes which overlap selected ones (Bodla et al. 2017), as a Loop that
 * selects the best box in each step. Gives the indices, int64 [k], and their lowered scores [k].
 */
export function softSuppression(b: GraphBuilder, { boxes, scores, limit, ...options }: SoftSuppression) {
  const half = (start: number) => slice(b, boxes, [{ axis: 1, start, end: start + 2 }]);
  const low = b.add("Min", [half(0), half(2)]);
  const high = b.add("Max", [half(0), half(2)]);
  const area = reduce(b, "ReduceProd", b.add("Sub", [high, low]), [1]);
  const places = countTo(b, extent(b, boxes, 0));
  const nothing = b.constant(scalar(Number.NEGATIVE_INFINITY), "nothing");
  const zero = b.constant(scalar(0), "zero");

  /** Scores of the boxes that are still there, and whether there is any. */
  const left = (inner: GraphBuilder, given: Value, keep: Value): [Value, Value] => {
    const count = reduce(inner, "ReduceSum", cast(inner, keep, "int64"), [0]);
    const any = inner.add("Greater", [count, inner.constant(int64([0], []), "none")]);
    return [inner.add("Where", [keep, given, nothing]), any];
  };

  const [start, any] = left(b, scores, b.add("Greater", [scores, options.lowest]));
  const body = b.body("select", (inner) => {
    inner.input("step", "int64", []);
    inner.input("going", "bool", []);
    const current = inner.input("scores", "float32", scores.shape);
    const best = inner.add("ArgMax", [current], { axis: 0, keepdims: 0 });
    const of = (value: Value) => inner.add("Gather", [value, best], { axis: 0 });
    const sides = inner.add("Sub", [inner.add("Min", [high, of(high)]), inner.add("Max", [low, of(low)])]);
    const shared = reduce(inner, "ReduceProd", inner.add("Max", [sides, zero]), [1]);
    const union = inner.add("Sub", [inner.add("Add", [area, of(area)]), shared]);
    const solid = inner.add("Greater", [inner.add("Min", [area, of(area)]), zero]);
    const iou = inner.add("Where", [solid, inner.add("Div", [shared, union]), zero]);
    const scaled = inner.add("Mul", [inner.add("Mul", [iou, iou]), inner.constant(scalar(options.scale), "scale")]);
    const lowered = inner.add("Mul", [current, inner.add("Exp", [scaled])]);
    const apart = inner.add("Less", [iou, options.overlap]);
    const other = inner.add("Not", [inner.add("Equal", [places, best])]);
    const worthy = inner.add("Greater", [lowered, options.lowest]);
    const keep = inner.add("And", [inner.add("And", [apart, other]), worthy]);
    const [next, going] = left(inner, lowered, keep);
    return [going, next, best, of(current)];
  });
  const selected: Dim[] = [options.count];
  const [, indices, values] = b.addWithBodies("Loop", [limit, any, start], { body }, [
    { dtype: "float32", shape: scores.shape },
    { dtype: "int64", shape: selected },
    { dtype: "float32", shape: selected },
  ]);
  return { indices: indices!, scores: values! };
}
