import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** An axis counted from the front. */
export function axisOf(node: OperatorContext, axis: number, rank: number): number {
  const at = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(at) || at < 0 || at >= rank) throw node.invalid(`axis ${axis} is outside its ${rank} axes`);
  return at;
}

interface Reduction {
  b: GraphBuilder;
  x: Value;
  /** Reduces values that stand for the input along the node's axes; without axes they stay as they are. */
  along(op: Parameters<typeof reduce>[1], x: Value): Value;
  /** Whether there is nothing to reduce: every result comes from no elements. */
  nothing: boolean;
}

const reduction =
  (compute: (reduction: Reduction) => Value): LowerOperator =>
  (node) => {
    const { b, x } = node;
    const rank = x.shape.length;
    const axes = node.numbers(1, "axes").map((axis) => axisOf(node, axis, rank));
    const keep = node.attributes.bool("keep_dims", false);
    return compute({
      b,
      x,
      along: (op, value) => (axes.length === 0 ? value : reduce(b, op, value, axes, keep)),
      nothing: axes.some((axis) => x.shape[axis] === 0),
    });
  };

/** Booleans as 0 and 1. */
const countable = (b: GraphBuilder, x: Value) => (x.dtype === "bool" ? cast(b, x, "int32") : x);

const extreme = (op: "ReduceMax" | "ReduceMin") =>
  reduction(({ b, x, along, nothing }) => {
    if (!nothing) return cast(b, along(op, countable(b, x)), x.dtype);
    // TensorFlow.js reads past the end: NaN, or 0 as a whole number.
    const zeros = along("ReduceSum", countable(b, x));
    if (x.dtype !== "float32") return cast(b, zeros, x.dtype);
    return b.add("Add", [zeros, b.constant(scalar(Number.NaN), "nan")]);
  });

registerOperator("Max", extreme("ReduceMax"), { becomes: "ReduceMax", limits: "NaN among numbers may get lost" });
registerOperator("Min", extreme("ReduceMin"), { becomes: "ReduceMin", limits: "NaN among numbers may get lost" });
registerOperator(
  "Sum",
  reduction(({ b, x, along }) => along("ReduceSum", countable(b, x))),
  { becomes: "ReduceSum" },
);
registerOperator(
  "Prod",
  reduction(({ b, x, along }) => along("ReduceProd", countable(b, x))),
  { becomes: "ReduceProd" },
);
registerOperator(
  "Mean",
  // Of nothing the mean is 0 in TensorFlow.js.
  reduction(({ b, x, along, nothing }) => along(nothing ? "ReduceSum" : "ReduceMean", cast(b, x, "float32"))),
  { becomes: "ReduceMean" },
);

/** Of nothing both are false in TensorFlow.js. */
const logical =
  (op: "ReduceMax" | "ReduceMin"): LowerOperator =>
  (node) => {
    if (node.x.dtype !== "bool") throw node.invalid(`it takes bool, it is given ${node.x.dtype}`);
    return extreme(op)(node);
  };

registerOperator("All", logical("ReduceMin"), { becomes: "ReduceMin" });
registerOperator("Any", logical("ReduceMax"), { becomes: "ReduceMax" });

const place =
  (op: "ArgMax" | "ArgMin"): LowerOperator =>
  (node) => {
    const { b, x } = node;
    const axis = axisOf(node, node.numbers(1, "axis")[0] ?? 0, x.shape.length);
    const numbers = countable(b, x);
    if (x.shape[axis] === 0) return reduce(b, "ReduceSum", cast(b, numbers, "int32"), [axis]);
    return cast(b, b.add(op, [numbers], { axis, keepdims: 0 }), "int32");
  };

registerOperator("ArgMax", place("ArgMax"), { becomes: "ArgMax" });
registerOperator("ArgMin", place("ArgMin"), { becomes: "ArgMin" });
