import { cast } from "../../emit/cast.js";
import { reshapeBy, squeeze, unsqueeze } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { broadcast } from "../../graph/dims.js";
import { registerOperator } from "../../read/graph-model/registry.js";

/** Operators that change the shape or the type alone. */

registerOperator(
  "Cast",
  ({ b, x, attributes, unsupported }) => {
    const dtype = attributes.dtype("DstT", "float32");
    if ((dtype === "string") !== (x.dtype === "string"))
      throw unsupported("TensorFlow.js casts strings to strings alone");
    return cast(b, x, dtype);
  },
  { becomes: "Cast", limits: "floats beyond 32 bits and NaN have no defined integer in ONNX" },
);

registerOperator("Reshape", ({ b, x, input }) => reshapeBy(b, x, input(1)), { becomes: "Reshape" });

registerOperator("EnsureShape", ({ x }) => x, { becomes: "its input" });

registerOperator("ExpandDims", ({ b, x, numbers }) => unsqueeze(b, x, numbers(1, "axis").slice(0, 1)), {
  becomes: "Unsqueeze",
  limits: "the axis must be constant",
});

registerOperator(
  "Squeeze",
  ({ b, x, attributes, warn }) => {
    const given = attributes.ints(attributes.has("axis") ? "axis" : "squeeze_dims", []);
    const axes = given.length > 0 ? given : x.shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
    if (given.length === 0 && x.shape.some((dim) => typeof dim === "string")) {
      warn("it keeps free axes, which TensorFlow.js drops where their extent is 1");
    }
    return axes.length > 0 ? squeeze(b, x, axes) : x;
  },
  { becomes: "Squeeze", limits: "without axes, free ones are kept" },
);

registerOperator("BroadcastTo", ({ b, x, input }) => b.add("Expand", [x, cast(b, input(1), "int64")]), {
  becomes: "Expand",
});

registerOperator(
  "BroadcastArgs",
  ({ b, input, contents, entries }) => {
    const lengths = [entries(input(0), "first shape"), entries(input(1), "second shape")];
    const rank = Math.max(...lengths);
    const padded = (shape: Value, length: number) => {
      if (length === rank) return shape;
      const ones = b.constant({ dtype: "int32", shape: [rank - length], data: new Int32Array(rank - length).fill(1) });
      return b.add("Concat", [ones, shape], { axis: 0 });
    };
    const [left, right] = [padded(input(0), lengths[0]!), padded(input(1), lengths[1]!)];
    const one = b.constant({ dtype: "int32", shape: [1], data: Int32Array.of(1) }, "one");
    const shape = b.add("Where", [b.add("Equal", [left, one]), right, left]);
    const [first, second] = [contents(0), contents(1)];
    shape.contents = first && second && broadcast([first, second]);
    return shape;
  },
  { becomes: "Where" },
);
