import type { GraphBuilder, Value } from "../graph/builder.js";
import { scalar } from "../graph/tensor.js";
import { reshape } from "./shape.js";

/** The first element of a tensor, as shape []. */
export function firstOf(b: GraphBuilder, x: Value): Value {
  if (x.shape.length === 0) return x;
  return b.add("Gather", [reshape(b, x, [-1]), b.constant(scalar(0, "int64"), "first")], { axis: 0 });
}
