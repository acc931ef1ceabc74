import { cast } from "../../emit/cast.js";
import { fill } from "../../emit/fill.js";
import { reshape, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { float32, scalar, toNumbers } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
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

const known = ({ constant }: Value): number | undefined =>
  constant && constant.dtype !== "string" ? toNumbers(constant)[0] : undefined;

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
      return fill(node.b, node.b.add("Shape", [node.x]), value, node.x.dtype);
    },
    { becomes: "ConstantOfShape" },
  );
}

/** 0, 1, … in int32. */
function counting(b: GraphBuilder, length: Value): Value {
  const number = (value: number) => b.constant(scalar(value, "int32"), "number");
  return b.add("Range", [number(0), cast(b, length, "int32"), number(1)]);
}

registerOperator(
  "OneHot",
  (node) => {
    const { b, x } = node;
    if (x.dtype !== "int32") throw node.invalid(`its indices are ${x.dtype}, not int32`);
    const dtype = node.attributes.dtype("T", "int32");
    // TensorFlow.js puts the new axis last, whatever the node says, and knows no indices from the end.
    const places = counting(b, single(node, 1));
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
    const places = cast(b, counting(b, count), "float32");
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

/** Whether TensorFlow.js may count down by 1 where it is to count up by 1, which it does to something lower. */
function mayTurn([start, stop, step]: [Value, Value, Value]): boolean {
  if ((known(step) ?? 1) !== 1) return false;
  const [from, to] = [known(start), known(stop)];
  if (from === undefined) return true;
  return to === undefined ? from > 0 || !isExtent(stop) : to < from;
}

/** Whether a number comes from shapes without taking anything away: then it is not below 0. */
const isExtent = ({ contents }: Value) => contents !== undefined && !String(contents[0]).includes("-");

registerOperator(
  "Range",
  (node) => {
    const { b } = node;
    const dtype = node.attributes.dtype("Tidx", "float32");
    if (dtype !== "float32" && dtype !== "int32") throw node.unsupported(`it counts in ${dtype}`);
    const given = [0, 1, 2].map((index) => single(node, index)) as [Value, Value, Value];
    if (known(given[2]) === 0) throw node.invalid("its step is 0");
    const [start, stop, step] = given.map((value) =>
      value.dtype === "float32" && dtype === "int32" ? truncated(b, value) : cast(b, value, dtype),
    ) as [Value, Value, Value];
    if (!mayTurn(given)) return b.add("Range", [start, stop, step]);
    const [one, back] = [1, -1].map((value) => b.constant(scalar(value, dtype), "number")) as [Value, Value];
    if (given.every(({ constant }) => constant)) return b.add("Range", [start, stop, back]);
    const down = b.add("And", [b.add("Less", [stop, start]), b.add("Equal", [step, one])]);
    return b.add("Range", [start, stop, b.add("Where", [down, back, step])]);
  },
  { becomes: "Range", limits: "fractional steps away from the limit give nothing" },
);
