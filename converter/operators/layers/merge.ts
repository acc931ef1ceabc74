import { cast } from "../../emit/cast.js";
import { unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LayerContext, type LowerLayer, registerLayer } from "../../read/layers-model/registry.js";

/** Inputs of fewer axes get axes of extent 1 behind the batch; then numpy's broadcasting holds. */
function aligned({ b, inputs, invalid }: LayerContext): Value[] {
  if (inputs.length < 2) throw invalid("it merges at least two inputs");
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  const same = inputs.map((input) => {
    const missing = rank - input.shape.length;
    return missing > 0
      ? unsqueeze(
          b,
          input,
          Array.from({ length: missing }, (_, i) => i + 1),
        )
      : input;
  });
  return sameType(b, same);
}

/** tfjs widens int32 to float32 where they meet. */
function sameType(b: GraphBuilder, values: Value[]): Value[] {
  const dtypes = new Set(values.map((value) => value.dtype));
  return dtypes.size === 1 ? values : values.map((value) => cast(b, value, "float32"));
}

const pairwise =
  (op: string): LowerLayer =>
  (layer) =>
    aligned(layer).reduce((left, right) => layer.b.add(op, [left, right]));

registerLayer("Add", pairwise("Add"), { masking: "passes" });
registerLayer("Subtract", pairwise("Sub"), { masking: "passes" });
registerLayer("Multiply", pairwise("Mul"), { masking: "passes" });
registerLayer("Maximum", (layer) => layer.b.add("Max", aligned(layer)), { masking: "passes" });
registerLayer("Minimum", (layer) => layer.b.add("Min", aligned(layer)), { masking: "passes" });
registerLayer(
  "Average",
  (layer) => {
    const { b } = layer;
    const total = aligned(layer).reduce((left, right) => b.add("Add", [left, right]));
    return b.add("Mul", [cast(b, total, "float32"), b.constant(scalar(1 / layer.inputs.length), "share")]);
  },
  { masking: "passes" },
);

registerLayer(
  "Concatenate",
  ({ b, inputs, config, warn }) => {
    const axis = config.number("axis", -1);
    if (axis < -1) warn(`axis ${axis} means the last axis, as in TensorFlow.js`);
    return b.add("Concat", sameType(b, inputs), { axis: Math.max(axis, -1) });
  },
  { masking: "passes" },
);
