import { cast } from "../../emit/cast.js";
import { fill } from "../../emit/fill.js";
import { reshape, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { float32, scalar, toNumbers } from "../../graph/tensor.js";
import type { DType, Tensor } from "../../graph/types.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { truncated } from "./math.js";

/** An input that is a shape, as ONNX takes it: int64 [rank]. */
export function shapeInput(node: OperatorContext, index: number): Value {
  const shape = node.input(index);
  if (shape.shape.length !== 1) throw node.invalid(`its shape is given as [${shape.shape.join(", ")}]`);
  const extents = node.contents(index);
  if (extents?.some((extent) => typeof extent === "number" && extent < 0)) {
    throw node.invalid(`[${extents.join(", ")}] is no shape`);
  }
  return cast(node.b, shape, "int64");
}

/** An input that is one number, in a tensor of any rank. */
function single(node: OperatorContext, index: number): Value {
  const value = node.input(index);
  return value.shape.length === 0 ? value : reshape(node.b, value, []);
}

const known = (value: Value | undefined): number | undefined =>
  value?.constant && value.constant.dtype !== "string" ? toNumbers(value.constant)[0] : undefined;

/** The shape of a tensor, to make another like it. */
const shapeOf = (b: GraphBuilder, x: Value) => b.add("Shape", [x]);

registerOperator(
  "Fill",
  (node) => {
    const { b, attributes } = node;
    const shape = shapeInput(node, 0);
    const value = single(node, 1);
    // Without a type TensorFlow.js takes numbers for floats.
    const dtype = attributes.dtype("T", value.dtype === "string" ? "string" : "float32");
    const number = known(value);
    if (number !== undefined) return fill(b, shape, number, dtype);
    return b.add("Expand", [cast(b, value, dtype), shape]);
  },
  { becomes: "ConstantOfShape, or Expand" },
);

for (const [op, like, value] of [
  ["Ones", "OnesLike", 1],
  ["Zeros", "ZerosLike", 0],
] as const) {
  registerOperator(op, (node) => fill(node.b, shapeInput(node, 0), value, node.attributes.dtype("T", "float32")), {
    becomes: "ConstantOfShape",
  });
  registerOperator(
    like,
    (node) => {
      if (node.x.dtype === "string") throw node.invalid("it is given strings");
      return fill(node.b, shapeOf(node.b, node.x), value, node.x.dtype);
    },
    { becomes: "ConstantOfShape" },
  );
}

/** 0, 1, … as int32 or int64. */
function counting(b: GraphBuilder, length: Value): Value {
  const bound = (value: number) => b.constant(scalar(value, length.dtype), "number");
  return b.add("Range", [bound(0), length, bound(1)]);
}

registerOperator(
  "OneHot",
  (node) => {
    const { b, x } = node;
    if (x.dtype !== "int32") throw node.invalid(`its indices are ${x.dtype}, not int32`);
    const depth = cast(b, single(node, 1), "int32");
    const dtype = node.attributes.dtype("T", "int32");
    // TensorFlow.js puts the new axis last, whatever the node says, and knows no indices from the end.
    const places = counting(b, depth);
    const hot = b.add("Equal", [unsqueeze(b, x, [x.shape.length]), places]);
    const [on, off] = [single(node, 2), single(node, 3)];
    if (known(on) === 1 && known(off) === 0) return cast(b, hot, dtype);
    if (dtype !== "bool") return b.add("Where", [hot, cast(b, on, dtype), cast(b, off, dtype)]);
    return cast(b, b.add("Where", [hot, cast(b, on, "int32"), cast(b, off, "int32")]), "bool");
  },
  { becomes: "Equal to a Range, and Cast or Where", limits: "axis is not read, as in TensorFlow.js" },
);

/** Longer lists are made at run time, so that the file stays small. */
const LONGEST = 4096;

registerOperator(
  "LinSpace",
  (node) => {
    const { b } = node;
    const [start, stop, count] = [0, 1, 2].map((index) => single(node, index)) as [Value, Value, Value];
    const [from, to, length] = [known(start), known(stop), known(count)];
    if (length !== undefined && length < 1) throw node.invalid(`it makes ${length} numbers`);
    if (from !== undefined && to !== undefined && length !== undefined && length <= LONGEST) {
      return b.constant(linspace(from, to, length));
    }
    const first = cast(b, start, "float32");
    const span = b.add("Sub", [cast(b, stop, "float32"), first]);
    const places = cast(b, counting(b, cast(b, count, "int32")), "float32");
    const one = b.constant(scalar(1), "one");
    const gaps = b.add("Max", [b.add("Sub", [cast(b, count, "float32"), one]), one]);
    return b.add("Add", [b.add("Mul", [places, b.add("Div", [span, gaps])]), first]);
  },
  { becomes: "a constant, or Range, Mul and Add" },
);

/** As TensorFlow.js adds it up, rounding at each step. */
function linspace(start: number, stop: number, length: number): Tensor {
  const values = new Float32Array(length);
  const step = (stop - start) / (length - 1);
  for (let i = 0; i < length; i++) values[i] = i === 0 ? start : values[i - 1]! + step;
  return float32(values);
}

const RANGE_TYPES: DType[] = ["float32", "int32"];

const range: LowerOperator = (node) => {
  const { b } = node;
  const dtype = node.attributes.dtype("Tidx", "float32");
  if (!RANGE_TYPES.includes(dtype)) throw node.unsupported(`it counts in ${dtype}`);
  const ends = [0, 1, 2].map((index) => single(node, index));
  if (known(ends[2]) === 0) throw node.invalid("its step is 0");
  const counted = ends.map((value) => (value.dtype === "float32" && dtype === "int32" ? truncated(b, value) : value));
  const [start, stop, given] = counted.map((value) => cast(b, value, dtype)) as [Value, Value, Value];
  let step = given;
  if (mayTurn(start, stop, step)) {
    const one = b.constant(scalar(1, dtype), "one");
    const down = b.add("And", [b.add("Less", [stop, start]), b.add("Equal", [step, one])]);
    step = b.add("Where", [down, b.constant(scalar(-1, dtype), "minus_one"), step]);
  }
  return b.add("Range", [start, stop, step]);
};

/** TensorFlow.js counts down by 1 where it is to count up by 1 to something lower. */
function mayTurn(start: Value, stop: Value, step: Value): boolean {
  if ((known(step) ?? 1) !== 1) return false;
  const [from, to] = [known(start), known(stop)];
  if (from !== undefined && to !== undefined) return to < from;
  // An extent is never below 0.
  return !(from !== undefined && from <= 0 && stop.contents !== undefined);
}

registerOperator("Range", range, {
  becomes: "Range",
  limits: "fractional steps away from the limit give nothing",
});
