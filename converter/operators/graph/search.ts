import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import { reshape, reshapeBy, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import { type LowerOperator, registerOperator } from "../../read/graph-model/registry.js";
import { matched } from "./arithmetic.js";

/** Elements sought: places in an order, the largest, each one once, those that are true. */

/** For each value how many elements of its sorted row compare so to it; comparing all of them suits short rows. */
const bound =
  (op: "Less" | "LessOrEqual"): LowerOperator =>
  (node) => {
    const { b } = node;
    const [row, values] = matched(node).map((input) => reshapeRows(b, input)) as [Value, Value];
    const before = b.add(op, [unsqueeze(b, row, [1]), unsqueeze(b, values, [2])]);
    return reduce(b, "ReduceSum", cast(b, before, "int32"), [2]);
  };

/** All axes but the last as one. */
function reshapeRows(b: GraphBuilder, x: Value): Value {
  return reshapeBy(b, x, b.add("Concat", [b.constant(int64([-1]), "rows"), lastExtent(b, x)], { axis: 0 }));
}

const lastExtent = (b: GraphBuilder, x: Value) =>
  b.add("Shape", [x], { start: x.shape.length - 1, end: x.shape.length });

registerOperator("LowerBound", bound("Less"), { becomes: "Less and ReduceSum" });
registerOperator("UpperBound", bound("LessOrEqual"), { becomes: "LessOrEqual and ReduceSum" });

registerOperator(
  "TopKV2",
  ({ b, x, input, attributes, warn }) => {
    if (!attributes.bool("sorted", true)) warn("its results are sorted, though they need not be");
    const k = reshape(b, cast(b, input(1), "int64"), [1]);
    const [values, indices] = b.addMany("TopK", [x, k], 2, { axis: -1 }) as [Value, Value];
    return [values, cast(b, indices, "int32")];
  },
  { becomes: "TopK", outputs: ["values", "indices"] },
);

/** Types that onnxruntime compares in Unique; others are widened on the way. */
const UNIQUE: Partial<Record<DType, DType>> = { int32: "int64", bool: "int8" };

const unique: LowerOperator = ({ b, x, inputs, numbers }) => {
  const rank = x.shape.length;
  const [given = 0] = inputs[1] ? numbers(1, "axis") : [];
  const axis = rank === 1 ? undefined : given < 0 ? given + rank : given;
  const [values, , inverse] = b.addMany("Unique", [cast(b, x, UNIQUE[x.dtype] ?? x.dtype)], 3, { sorted: 0, axis });
  return [cast(b, values!, x.dtype), cast(b, inverse!, "int32")];
};

registerOperator(["Unique", "UniqueV2"], unique, {
  becomes: "Unique",
  limits: "the axis must be constant",
  outputs: ["y", "idx"],
});

registerOperator(
  "Where",
  ({ b, x, unsupported }) => {
    if (x.shape.length === 0) throw unsupported("a scalar has no places");
    return cast(b, b.add("Transpose", [b.add("NonZero", [x])], { perm: [1, 0] }), "int32");
  },
  { becomes: "NonZero and Transpose", limits: "not of scalars" },
);

registerOperator(
  "ListDiff",
  ({ b, x, input }) => {
    const equal = b.add("Equal", [unsqueeze(b, x, [1]), unsqueeze(b, input(1), [0])]);
    const found = reduce(b, "ReduceSum", cast(b, equal, "int32"), [1]);
    const missing = b.add("Equal", [found, b.constant(scalar(0, "int32"), "none")]);
    const places = reshape(b, b.add("NonZero", [missing]), [-1]);
    return [b.add("Gather", [x, places], { axis: 0 }), cast(b, places, "int32")];
  },
  { becomes: "Equal, NonZero and Gather", outputs: ["out", "idx"] },
);
