import { cast } from "../../emit/cast.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { registerOperator } from "../../read/graph-model/registry.js";

/** Nodes that stand for the graph itself: values handed on, and what is asked of their shapes. */

registerOperator(["Identity", "StopGradient", "Snapshot", "Print", "PlaceholderWithDefault"], ({ x }) => x, {
  becomes: "its input",
  complex: true,
});
registerOperator("FakeQuantWithMinMaxVars", ({ x }) => x, { becomes: "its input, as TensorFlow.js ignores it" });
registerOperator("IdentityN", ({ inputs }) => inputs, { becomes: "its inputs" });
registerOperator(
  "Placeholder",
  ({ invalid }) => {
    throw invalid("it is fed by nobody: the model's signature does not list it");
  },
  { becomes: "an input of the graph" },
);
registerOperator("NoOp", ({ b }) => b.constant(scalar(1)), { becomes: "a constant 1, as in TensorFlow.js" });

const shapeOf = (b: GraphBuilder, x: Value) => cast(b, b.add("Shape", [x]), "int32");

registerOperator("Shape", ({ b, x }) => shapeOf(b, x), { becomes: "Shape" });
registerOperator(
  "ShapeN",
  // TensorFlow.js gives these as floats.
  ({ b, inputs }) => inputs.map((input) => cast(b, shapeOf(b, input), "float32")),
  { becomes: "Shape" },
);
registerOperator("Size", ({ b, x }) => cast(b, b.add("Size", [x]), "int32"), { becomes: "Size" });
registerOperator("Rank", ({ b, x }) => b.constant(scalar(x.shape.length, "int32")), { becomes: "a constant" });
