import type { GraphBuilder, Value } from "../graph/builder.js";
import { product } from "../graph/dims.js";
import { cast } from "./cast.js";
import { unsqueeze } from "./shape.js";

/**
 * Elements along an axis at indices, of which each of the first `batch` axes has its own: x [batch …, inner …, extent,
 * rest …] and indices [batch …, places …] give [batch …, inner …, places …, rest …].
 */
export function gather(b: GraphBuilder, x: Value, indices: Value, axis: number, batch = 0): Value {
  // Of texts that lie together onnxruntime's Gather copies the first alone.
  const torn = x.dtype === "string" && product(x.shape.slice(axis + 1)) !== 1;
  if (batch === 0 && !torn) return b.add("Gather", [x, indices], { axis });
  const front = moved(b, x, axis, batch);
  const places = unsqueeze(b, cast(b, indices, "int64"), [-1]);
  let result = b.add("GatherND", [front, places], { batch_dims: batch });
  for (let i = batch; i < axis; i++) result = moved(b, result, indices.shape.length + (i - batch), i);
  return result;
}

/** Moves axis `from` to place `to`. */
function moved(b: GraphBuilder, x: Value, from: number, to: number): Value {
  if (from === to) return x;
  const perm = x.shape.map((_, axis) => axis).toSpliced(from, 1);
  perm.splice(to, 0, from);
  return b.add("Transpose", [x], { perm });
}
