import { activationByName, clip } from "../../emit/activation.js";
import { cast } from "../../emit/cast.js";
import { float } from "../../graph/attributes.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { floatInput, keepingType, keepingWhole } from "./math.js";

const relu = (b: GraphBuilder, x: Value) => b.add("Relu", [x]);
const relu6 = (b: GraphBuilder, x: Value) => clip(b, x, 0, 6);

/** Float32 for every type of input, as TensorFlow.js gives it. */
const leakyRelu = (b: GraphBuilder, x: Value, alpha: number) =>
  b.add("LeakyRelu", [cast(b, x, "float32")], { alpha: float(alpha) });

function prelu(b: GraphBuilder, input: Value, alpha: Value): Value {
  const [x, slope] = [cast(b, input, "float32"), cast(b, alpha, "float32")];
  if (broadcastsTo(slope, x)) return b.add("PRelu", [x, slope]);
  const negative = b.add("Less", [x, b.constant(scalar(0), "zero")]);
  return b.add("Where", [negative, b.add("Mul", [x, slope]), x]);
}

/** PRelu lets the slope alone be stretched. */
const broadcastsTo = (slope: Value, x: Value) => {
  const offset = x.shape.length - slope.shape.length;
  return offset >= 0 && slope.shape.every((dim, i) => dim === 1 || dim === x.shape[i + offset]);
};

/** The activation of a fused operator, by its name in lower case. */
export function fusedActivation(node: OperatorContext, x: Value, name: string, slope: Value | undefined): Value {
  const { b } = node;
  if (name === "prelu") {
    if (!slope) throw node.invalid("its Prelu has no slopes");
    return prelu(b, x, slope);
  }
  if (name === "leakyrelu") return leakyRelu(b, x, node.attributes.float("leakyrelu_alpha", 0.2));
  const known = ["linear", "relu", "relu6", "elu", "sigmoid"].includes(name) ? activationByName(name) : undefined;
  if (!known) throw node.invalid(`TensorFlow.js has no fused activation "${name}"`);
  if (x.dtype !== "float32" && !["linear", "relu", "relu6"].includes(name)) {
    throw node.unsupported(`its activation is given ${x.dtype}`);
  }
  return known(b, x);
}

registerOperator("Relu", keepingWhole(relu), { becomes: "Relu" });
registerOperator("Relu6", keepingWhole(relu6), { becomes: "Clip" });
registerOperator("Elu", (node) => node.b.add("Elu", [floatInput(node)]), { becomes: "Elu" });
registerOperator(
  "Selu",
  keepingType((b, x) => b.add("Selu", [x])),
  { becomes: "Selu" },
);
registerOperator("Sigmoid", (node) => node.b.add("Sigmoid", [floatInput(node)]), { becomes: "Sigmoid" });
registerOperator(
  "Softplus",
  keepingType((b, x) => b.add("Softplus", [x])),
  { becomes: "Softplus" },
);
registerOperator("LeakyRelu", ({ b, x, attributes }) => leakyRelu(b, x, attributes.float("alpha", 0.2)), {
  becomes: "LeakyRelu",
});
registerOperator("Prelu", ({ b, x, input }) => prelu(b, x, input(1)), { becomes: "PRelu" });
