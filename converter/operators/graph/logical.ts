import { cast } from "../../emit/cast.js";
import { reduce } from "../../emit/reduce.js";
import { unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { matched } from "./arithmetic.js";

const equal: LowerOperator = (node) => node.b.add("Equal", matched(node));

registerOperator("Equal", equal, { becomes: "Equal" });
registerOperator("NotEqual", (node) => node.b.add("Not", [equal(node) as Value]), { becomes: "Equal and Not" });

/** ONNX orders numbers alone. */
const ordering =
  (op: string): LowerOperator =>
  (node) => {
    const pair = matched(node);
    const numbers = pair[0].dtype === "bool" ? pair.map((value) => cast(node.b, value, "int32")) : pair;
    return node.b.add(op, numbers);
  };

for (const [op, onnx] of [
  ["Greater", "Greater"],
  ["GreaterEqual", "GreaterOrEqual"],
  ["Less", "Less"],
  ["LessEqual", "LessOrEqual"],
] as const) {
  registerOperator(op, ordering(onnx), { becomes: onnx });
}

function truth(node: OperatorContext, index: number): Value {
  const value = node.input(index);
  if (value.dtype !== "bool") throw node.invalid(`it takes bool, it is given ${value.dtype}`);
  return value;
}

registerOperator("LogicalAnd", (node) => node.b.add("And", [truth(node, 0), truth(node, 1)]), { becomes: "And" });
registerOperator("LogicalOr", (node) => node.b.add("Or", [truth(node, 0), truth(node, 1)]), { becomes: "Or" });
registerOperator("LogicalNot", (node) => node.b.add("Not", [truth(node, 0)]), { becomes: "Not" });

/** Where; onnxruntime has it not for booleans. */
export function select(b: GraphBuilder, condition: Value, yes: Value, no: Value): Value {
  if (yes.dtype !== "bool") return b.add("Where", [condition, yes, no]);
  const otherwise = b.add("And", [b.add("Not", [condition]), no]);
  return b.add("Or", [b.add("And", [condition, yes]), otherwise]);
}

registerOperator(["Select", "SelectV2"], (node) => select(node.b, truth(node, 0), ...matched(node, 1)), {
  becomes: "Where; on booleans And and Or",
});

const BITS = Array.from({ length: 32 }, (_, i) => i);

/** The 32 bits of whole numbers along a new last axis, the lowest first. */
function bitsOf(b: GraphBuilder, x: Value): Value {
  const wide = unsqueeze(b, cast(b, x, "int64"), [x.shape.length]);
  const rest = b.add("Mod", [wide, b.constant(int64(BITS.map((i) => 2 ** (i + 1))), "periods")]);
  return b.add("Div", [rest, b.constant(int64(BITS.map((i) => 2 ** i)), "weights")]);
}

registerOperator(
  "BitwiseAnd",
  (node) => {
    const { b } = node;
    const [x, y] = [node.x, node.input(1)];
    if (x.dtype !== "int32" || y.dtype !== "int32") {
      throw node.invalid(`it takes int32, it is given ${x.dtype} and ${y.dtype}`);
    }
    if (b.opset >= 18) return b.add("BitwiseAnd", [x, y]);
    const both = b.add("Mul", [bitsOf(b, x), bitsOf(b, y)]);
    const weights = b.constant(int64(BITS.map((i) => (i === 31 ? -(2 ** 31) : 2 ** i))), "signed_weights");
    const sum = reduce(b, "ReduceSum", b.add("Mul", [both, weights]), [x.shape.length]);
    return cast(b, sum, "int32");
  },
  { becomes: "BitwiseAnd; below opset 18 arithmetic on bits" },
);
