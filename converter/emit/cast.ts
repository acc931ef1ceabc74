import type { GraphBuilder, Value } from "../graph/builder.js";
import { ELEMENT_TYPES } from "../graph/element-types.js";
import type { DType } from "../graph/types.js";

export function cast(b: GraphBuilder, x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : b.add("Cast", [x], { to: ELEMENT_TYPES[dtype] });
}
