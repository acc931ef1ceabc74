import { cast } from "../../emit/cast.js";
import { reshape } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { matched } from "./arithmetic.js";

/** Functions of one number. TensorFlow.js gives each a rule of its own for types other than float32. */

type Compute = (b: GraphBuilder, x: Value) => Value;

const single =
  (op: string): Compute =>
  (b, x) =>
    b.add(op, [x]);

const number = (b: GraphBuilder, value: number, x: Value) => b.constant(scalar(value, x.dtype), "number");

/** The input, where TensorFlow.js takes float32 alone. */
export function floatInput(node: OperatorContext): Value {
  if (node.x.dtype !== "float32") throw node.invalid(`it takes float32, it is given ${node.x.dtype}`);
  return node.x;
}

/** Float results put in an int32 tensor, as JavaScript does it: fractions are cut off, what is not finite is 0. */
export function truncated(b: GraphBuilder, x: Value): Value {
  const inside = b.add("Less", [b.add("Abs", [x]), number(b, 2 ** 31, x)]);
  return cast(b, b.add("Where", [inside, x, number(b, 0, x)]), "int32");
}

/** Computes in floats and gives the input's type. */
export const keepingType =
  (compute: Compute, wide = compute): LowerOperator =>
  (node) => {
    const { b, x } = node;
    if (x.dtype === "float32") return compute(b, x);
    if (x.dtype !== "int32") throw node.unsupported(`it is given ${x.dtype}`);
    return truncated(b, wide(b, cast(b, x, "float32")));
  };

/** Gives whole numbers for whole numbers; a boolean stays what it is. */
export const keepingWhole =
  (compute: Compute): LowerOperator =>
  ({ b, x }) =>
    x.dtype === "bool" ? x : compute(b, x);

const onFloats =
  (compute: Compute): LowerOperator =>
  (node) =>
    compute(node.b, floatInput(node));

const inFloat64 =
  (compute: Compute): Compute =>
  (b, x) =>
    compute(b, cast(b, x, "float64"));

/** Without loss where x is near 0. */
const inFloat64AndBack =
  (compute: Compute): Compute =>
  (b, x) =>
    cast(b, inFloat64(compute)(b, x), "float32");

const expm1: Compute = (b, x) => b.add("Sub", [b.add("Exp", [x]), number(b, 1, x)]);
const log1p: Compute = (b, x) => b.add("Log", [b.add("Add", [x, number(b, 1, x)])]);

/** For whole numbers, whose results float32 is too narrow for. */
const sinh: Compute = (b, x) => {
  const difference = b.add("Sub", [b.add("Exp", [x]), b.add("Exp", [b.add("Neg", [x])])]);
  return b.add("Mul", [difference, number(b, 0.5, x)]);
};

for (const op of ["Ceil", "Cos", "Cosh", "Floor", "Log", "Sin", "Sqrt", "Tan", "Tanh"]) {
  registerOperator(op, onFloats(single(op)), { becomes: op });
}
for (const op of ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Reciprocal"]) {
  registerOperator(op, keepingType(single(op)), { becomes: op });
}
registerOperator("Sinh", keepingType(single("Sinh"), inFloat64(sinh)), { becomes: "Sinh" });
registerOperator("Expm1", keepingType(inFloat64AndBack(expm1), inFloat64(expm1)), {
  becomes: "Exp and Sub in float64",
});
registerOperator("Log1p", keepingType(inFloat64AndBack(log1p), inFloat64(log1p)), {
  becomes: "Add and Log in float64",
});
registerOperator(
  "Rsqrt",
  onFloats((b, x) => b.add("Reciprocal", [b.add("Sqrt", [x])])),
  {
    becomes: "Sqrt and Reciprocal",
  },
);
registerOperator("Exp", ({ b, x }) => b.add("Exp", [cast(b, x, "float32")]), { becomes: "Exp" });
registerOperator(
  "Erf",
  (node) => {
    if (node.x.dtype === "bool") throw node.invalid("it takes float32 or int32, it is given bool");
    return node.b.add("Erf", [cast(node.b, node.x, "float32")]);
  },
  { becomes: "Erf" },
);

registerOperator("Sign", keepingWhole(single("Sign")), { becomes: "Sign", limits: "NaN does not become 0" });
registerOperator(
  "Round",
  keepingWhole((b, x) => (x.dtype === "int32" ? x : b.add("Round", [x]))),
  { becomes: "Round" },
);
registerOperator(
  "Square",
  keepingWhole((b, x) => b.add("Mul", [x, x])),
  { becomes: "Mul" },
);
registerOperator(
  "Neg",
  (node) => {
    if (node.x.dtype === "bool") throw node.unsupported("it is given bool");
    return node.b.add("Neg", [node.x]);
  },
  { becomes: "Neg" },
);

registerOperator("IsNan", ({ b, x }) => b.add("IsNaN", [cast(b, x, "float32")]), { becomes: "IsNaN" });
registerOperator("IsInf", ({ b, x }) => b.add("IsInf", [cast(b, x, "float32")]), { becomes: "IsInf" });
registerOperator(
  "IsFinite",
  ({ b, x }) => {
    const infinity = b.constant(scalar(Number.POSITIVE_INFINITY), "infinity");
    return b.add("Less", [b.add("Abs", [cast(b, x, "float32")]), infinity]);
  },
  { becomes: "Abs and Less" },
);

registerOperator(
  "ClipByValue",
  (node) => {
    const { b, x } = node;
    if (x.dtype === "bool") throw node.unsupported("it is given bool");
    const bound = (index: number) => {
      const value = cast(b, node.input(index), x.dtype);
      return value.shape.length === 0 ? value : reshape(b, value, []);
    };
    return b.add("Clip", [x, bound(1), bound(2)]);
  },
  { becomes: "Clip" },
);

/** The angle of the point (x, y): Atan knows it up to a half turn. */
function atan2(b: GraphBuilder, y: Value, x: Value): Value {
  const zero = number(b, 0, x);
  const negative = b.add("Less", [y, zero]);
  const halfTurn = b.add("Where", [negative, number(b, -Math.PI, x), number(b, Math.PI, x)]);
  const angle = b.add("Atan", [b.add("Div", [y, x])]);
  const turned = b.add("Where", [b.add("Less", [x, zero]), b.add("Add", [angle, halfTurn]), angle]);
  const upright = b.add("Mul", [b.add("Sign", [y]), number(b, Math.PI / 2, x)]);
  return b.add("Where", [b.add("Equal", [x, zero]), upright, turned]);
}

registerOperator(
  "Atan2",
  (node) => {
    const { b } = node;
    const [y, x] = matched(node);
    if (x.dtype === "float32") return atan2(b, y, x);
    if (x.dtype !== "int32") throw node.unsupported("both its inputs are bool");
    return truncated(b, atan2(b, cast(b, y, "float32"), cast(b, x, "float32")));
  },
  { becomes: "Div, Atan and Where", limits: "zeros have no sign; two infinities have no angle" },
);
