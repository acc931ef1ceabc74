import type { GraphBuilder, Value } from "../graph/builder.js";
import { full, sizeOf, toNumbers } from "../graph/tensor.js";
import type { DType } from "../graph/types.js";

/** Larger constants are made at run time, so that the file stays small. */
const LARGEST = 1024;

/** One number all over; the shape is int64 [rank]. */
export function fill(b: GraphBuilder, shape: Value, value: number, dtype: DType): Value {
  const known = shape.constant && toNumbers(shape.constant);
  if (known?.every((extent) => extent >= 0) && sizeOf(known) <= LARGEST)
    return b.constant(full(known, value, dtype), "filled");
  return b.add("ConstantOfShape", [shape], { value: full([1], value, dtype) });
}
