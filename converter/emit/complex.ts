import type { GraphBuilder, Value } from "../graph/builder.js";
import { int64, scalar } from "../graph/tensor.js";
import { squeeze, unsqueeze } from "./shape.js";

/**
 * Complex numbers, which ONNX has no type for: a stand-in of their shape, which no node makes, with the real and the
 * imaginary part along a last axis of extent 2, as DFT has them.
 */
export interface ComplexValue extends Value {
  pairs: Value;
}

export function isComplex(value: Value): value is ComplexValue {
  return "pairs" in value;
}

export function complexOf(pairs: Value): ComplexValue {
  return { name: pairs.name, dtype: pairs.dtype, shape: pairs.shape.slice(0, -1), pairs };
}

export function complex(b: GraphBuilder, real: Value, imaginary: Value): ComplexValue {
  const parts = [real, imaginary].map((part) => unsqueeze(b, part, [-1]));
  return complexOf(b.add("Concat", parts, { axis: -1 }));
}

const part =
  (index: 0 | 1) =>
  (b: GraphBuilder, { pairs }: ComplexValue): Value =>
    b.add("Gather", [pairs, b.constant(scalar(index, "int64"), "part")], { axis: -1 });

export const realOf = part(0);
export const imaginaryOf = part(1);

/** The discrete Fourier transform along the last axis of pairs, or of reals behind which an axis of extent 1 stands. */
export function fourier(
  b: GraphBuilder,
  x: Value,
  options: { inverse?: boolean; onesided?: boolean } = {},
): ComplexValue {
  const attributes = { inverse: options.inverse ? 1 : 0, onesided: options.onesided ? 1 : 0 };
  if (x.shape.length === 2) return complexOf(squeeze(b, fourier(b, unsqueeze(b, x, [0]), options).pairs, [0]));
  const axis = x.shape.length - 2;
  if (b.opset < 20) return complexOf(b.add("DFT", [x], { axis, ...attributes }));
  return complexOf(b.add("DFT", [x, undefined, b.constant(int64([axis], []), "axis")], attributes));
}
