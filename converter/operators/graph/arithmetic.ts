import { cast } from "../../emit/cast.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** From narrow to wide: where two types meet, TensorFlow.js computes in the wider one. */
const WIDTH: DType[] = ["bool", "int32", "float32"];

/** Two inputs, from `first` on, in the type in which TensorFlow.js computes them. */
export function matched(node: OperatorContext, first = 0): [Value, Value] {
  const [left, right] = [node.input(first), node.input(first + 1)];
  const widths = [left, right].map(({ dtype }) => WIDTH.indexOf(dtype));
  if (widths.includes(-1)) throw node.unsupported(`it meets ${left.dtype} and ${right.dtype}`);
  const dtype = WIDTH[Math.max(...widths)]!;
  return [cast(node.b, left, dtype), cast(node.b, right, dtype)];
}

const pairwise =
  (op: string): LowerOperator =>
  (node) =>
    node.b.add(op, matched(node));

/** floor(a / b); ONNX's Div on integers drops the fraction instead. */
function floorDivide(b: GraphBuilder, left: Value, right: Value): Value {
  if (left.dtype === "float32") return cast(b, b.add("Floor", [b.add("Div", [left, right])]), "int32");
  const remainder = b.add("Mod", [left, right]);
  return b.add("Div", [b.add("Sub", [left, remainder]), right]);
}

/** The remainder with the sign of the divisor; ONNX's Mod on floats has that of the dividend. */
function floorModulo(b: GraphBuilder, left: Value, right: Value): Value {
  if (left.dtype !== "float32") return b.add("Mod", [left, right]);
  const remainder = b.add("Mod", [left, right], { fmod: 1 });
  const zero = b.constant(scalar(0), "zero");
  const sign = b.add("Xor", [b.add("Less", [remainder, zero]), b.add("Less", [right, zero])]);
  const wrong = b.add("And", [sign, b.add("Not", [b.add("Equal", [remainder, zero])])]);
  return b.add("Where", [wrong, b.add("Add", [remainder, right]), remainder]);
}

registerOperator(["Add", "AddV2", "BiasAdd"], pairwise("Add"), { becomes: "Add" });
registerOperator("Sub", pairwise("Sub"), { becomes: "Sub" });
registerOperator("Mul", pairwise("Mul"), { becomes: "Mul" });
registerOperator("Minimum", pairwise("Min"), { becomes: "Min" });
registerOperator("Maximum", pairwise("Max"), { becomes: "Max" });
registerOperator("Pow", pairwise("Pow"), { becomes: "Pow" });
registerOperator("AddN", ({ b, x, inputs }) => inputs.slice(1).reduce((sum, input) => b.add("Add", [sum, input]), x), {
  becomes: "Add",
});
registerOperator(
  ["RealDiv", "Div"],
  (node) => {
    const [left, right] = matched(node);
    return left.dtype === "int32" ? floorDivide(node.b, left, right) : node.b.add("Div", [left, right]);
  },
  { becomes: "Div; on integers floor division, as in TensorFlow.js" },
);
registerOperator("FloorDiv", (node) => floorDivide(node.b, ...matched(node)), { becomes: "Div and Floor" });
registerOperator(["Mod", "FloorMod"], (node) => floorModulo(node.b, ...matched(node)), { becomes: "Mod" });
registerOperator(
  "DivNoNan",
  (node) => {
    const { b } = node;
    const [left, right] = matched(node);
    const zero = b.constant(scalar(0, right.dtype), "zero");
    const quotient = left.dtype === "int32" ? floorDivide(b, left, right) : b.add("Div", [left, right]);
    return b.add("Where", [b.add("Equal", [right, zero]), zero, quotient]);
  },
  { becomes: "Div and Where" },
);
registerOperator(
  "SquaredDifference",
  (node) => {
    const difference = node.b.add("Sub", matched(node));
    return node.b.add("Mul", [difference, difference]);
  },
  { becomes: "Sub and Mul" },
);
