import { cast } from "../../emit/cast.js";
import { fill } from "../../emit/fill.js";
import { reshape, slice } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

const LIMITS = "negative numbers, which TensorFlow.js refuses, count from the end";

interface Counting {
  b: GraphBuilder;
  x: Value;
  /** int64 [1] */
  size: Value;
  /** Undefined where each number counts once. */
  weights: Value | undefined;
  dtype: "float32" | "int32";
}

function counting(node: OperatorContext): Counting {
  const { b, x } = node;
  const weights = node.input(2);
  if (x.dtype !== "int32") throw node.invalid(`it counts int32, it is given ${x.dtype}`);
  const { dtype } = weights;
  if (dtype !== "float32" && dtype !== "int32") throw node.unsupported(`its weights are ${dtype}`);
  const empty = weights.shape.includes(0);
  if (!empty && weights.shape.some((extent) => typeof extent === "string") && !sameExtents(weights, x)) {
    throw node.unsupported("whether it has weights is known at run time alone");
  }
  const size = cast(b, reshape(b, node.input(1), [1]), "int64");
  return { b, x, size, weights: empty ? undefined : weights, dtype };
}

const sameExtents = (a: Value, b: Value) => a.shape.join() === b.shape.join();

/** Adds up weights along the last axis of the indices; what lies beyond the size goes to a place that is cut off. */
function scattered({ b, size, dtype }: Counting, indices: Value, weights: Value | undefined, once: boolean): Value {
  const axis = indices.shape.length - 1;
  const inside = b.add("Min", [indices, cast(b, size, "int32")]);
  const width = b.add("Add", [size, b.constant(int64([1]), "one")]);
  const rows = b.add("Shape", [indices], { start: 0, end: axis });
  const target = fill(b, b.add("Concat", [rows, width], { axis: 0 }), 0, dtype);
  const one = b.constant(scalar(1, dtype), "one");
  const updates = weights ?? b.add("Expand", [one, b.add("Shape", [indices])]);
  const counts = b.add("ScatterElements", [target, inside, updates], { axis, reduction: once ? undefined : "add" });
  return slice(b, counts, [{ axis, start: 0, end: -1 }]);
}

const flat = (b: GraphBuilder, x: Value) => (x.shape.length === 1 ? x : reshape(b, x, [-1]));

registerOperator(
  "Bincount",
  (node) => {
    const all = counting(node);
    return scattered(all, flat(all.b, all.x), all.weights && flat(all.b, all.weights), false);
  },
  { becomes: "ScatterElements that adds", limits: LIMITS },
);

registerOperator(
  "DenseBincount",
  (node) => {
    const all = counting(node);
    const { x } = all;
    const rank = x.shape.length;
    if (rank !== 1 && rank !== 2) throw node.invalid(`it counts along one or two axes, it is given ${rank}`);
    // TensorFlow.js has no binary output for a single row.
    const once = rank === 2 && node.attributes.bool("binary_output", false);
    return scattered(all, x, once ? undefined : all.weights, once);
  },
  { becomes: "ScatterElements that adds", limits: LIMITS },
);
