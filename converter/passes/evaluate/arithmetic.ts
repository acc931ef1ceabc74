import { broadcast } from "../../graph/dims.js";
import { allocate, sizeOf, stridesOf } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { type Evaluator, registerEvaluator } from "./registry.js";

/** Arithmetic in float32 rounds once an operation, as at run time; int64 is exact within 53 bits, else left alone. */
const TYPES = new Set(["float32", "int64"]);

const unary =
  (compute: (value: number) => number): Evaluator =>
  ({ inputs: [x] }) => {
    if (x?.dtype !== "float32") return undefined;
    return { ...x, data: (x.data as Float32Array).map(compute) };
  };

const binary =
  (compute: (a: number, b: number, whole: boolean) => number): Evaluator =>
  ({ inputs }) => {
    const [a, b] = inputs as [Tensor, Tensor];
    if (inputs.length !== 2 || a.dtype !== b.dtype || !TYPES.has(a.dtype)) return undefined;
    const shape = broadcast([a.shape, b.shape]) as number[] | undefined;
    if (!shape) return undefined;
    const size = sizeOf(shape);
    const whole = a.dtype === "int64";
    const [placeA, placeB] = [placesIn(a.shape, shape), placesIn(b.shape, shape)];
    const [dataA, dataB] = [a.data as Float32Array, b.data as Float32Array];
    const result = allocate(whole ? "int64" : "float32", size);
    for (let i = 0; i < size; i++) {
      const value = compute(Number(dataA[placeA(i)]), Number(dataB[placeB(i)]), whole);
      if (!whole) (result as Float32Array)[i] = value;
      else if (Number.isSafeInteger(value)) (result as BigInt64Array)[i] = BigInt(value);
      else return undefined;
    }
    return { dtype: a.dtype, shape, data: result };
  };

/** Where element i of the broadcast result lies in an operand. */
function placesIn(own: number[], shape: number[]): (i: number) => number {
  if (sizeOf(own) === sizeOf(shape)) return (i) => i;
  const padded = [...Array<number>(shape.length - own.length).fill(1), ...own];
  const [strides, targets] = [stridesOf(padded), stridesOf(shape)];
  return (i) =>
    shape.reduce((place, extent, axis) => {
      const at = Math.floor(i / targets[axis]!) % extent;
      return place + (padded[axis] === 1 ? 0 : at * strides[axis]!);
    }, 0);
}

registerEvaluator(
  ["Neg"],
  unary((value) => -value),
);
registerEvaluator(["Sqrt"], unary(Math.sqrt));
registerEvaluator(
  ["Reciprocal"],
  unary((value) => 1 / value),
);
registerEvaluator(
  ["Add"],
  binary((a, b) => a + b),
);
registerEvaluator(
  ["Sub"],
  binary((a, b) => a - b),
);
registerEvaluator(
  ["Mul"],
  binary((a, b) => a * b),
);
// Whole numbers: C's division, towards zero; by zero it is left to fail where it runs.
registerEvaluator(
  ["Div"],
  binary((a, b, whole) => (whole ? Math.trunc(a / b) : a / b)),
);
