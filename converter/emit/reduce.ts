import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64 } from "../graph/tensor.js";

type Reduction = "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceSum" | "ReduceProd" | "ReduceLogSumExp" | "ReduceL2";

/** Reduces along axes; these became an input of ReduceSum with opset 13, of the others with opset 18. */
export function reduce(b: GraphBuilder, op: Reduction, x: Value, axes: number[], keep = false): Value {
  const keepdims = keep ? 1 : 0;
  if (op === "ReduceSum" || b.opset >= 18) return b.add(op, [x, b.constant(int64(axes), "axes")], { keepdims });
  return b.add(op, [x], { axes, keepdims });
}
