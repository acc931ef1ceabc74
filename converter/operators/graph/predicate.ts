import { cast } from "../../emit/cast.js";
import { firstOf } from "../../emit/scalar.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import type { OperatorContext } from "../../read/graph-model/registry.js";

/** A condition as TensorFlow.js takes it: the first element, true unless it is 0. */
export function predicate(node: OperatorContext, b: GraphBuilder, value: Value): Value {
  if (value.dtype === "string") throw node.unsupported("its condition is a text");
  return cast(b, firstOf(b, value), "bool");
}
