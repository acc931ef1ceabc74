import { cast } from "../../emit/cast.js";
import { type ComplexValue, complex, fourier, imaginaryOf, isComplex, realOf } from "../../emit/complex.js";
import { reduce } from "../../emit/reduce.js";
import { extent, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { float32, int64 } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { keepingWhole } from "./math.js";
import { requireFloat } from "./window.js";

/** Complex numbers come from Complex, RFFT, FFT and IFFT, and end at Real, Imag, Abs, ComplexAbs or IRFFT. */

function complexInput({ x, invalid }: OperatorContext): ComplexValue {
  if (!isComplex(x)) throw invalid("its input is not complex");
  return x;
}

const options = (becomes: string) => ({ becomes, complex: true });

registerOperator("Complex", ({ b, x, input }) => complex(b, cast(b, x, "float32"), cast(b, input(1), "float32")), {
  becomes: "pairs of numbers",
});
registerOperator("Real", (node) => realOf(node.b, complexInput(node)), options("Gather of pairs of numbers"));
registerOperator("Imag", (node) => imaginaryOf(node.b, complexInput(node)), options("Gather of pairs of numbers"));

function magnitude(b: GraphBuilder, x: ComplexValue): Value {
  // onnxruntime's ReduceL2 gives another shape where there are no numbers.
  if (!x.shape.includes(0)) return reduce(b, "ReduceL2", x.pairs, [-1]);
  const squares = [realOf(b, x), imaginaryOf(b, x)].map((part) => b.add("Mul", [part, part]));
  return b.add("Sqrt", [b.add("Add", squares)]);
}

const absolute = keepingWhole((b, x) => b.add("Abs", [x]));
registerOperator(
  ["Abs", "ComplexAbs"],
  (node) => (isComplex(node.x) ? magnitude(node.b, node.x) : absolute(node)),
  options("Abs; of complex numbers ReduceL2 of pairs"),
);

registerOperator("FFT", (node) => fourier(node.b, complexInput(node).pairs), options("DFT"));
registerOperator("IFFT", (node) => fourier(node.b, complexInput(node).pairs, { inverse: true }), options("DFT"));

registerOperator(
  "RFFT",
  (node) => {
    const { b } = node;
    return fourier(b, unsqueeze(b, requireFloat(node, node.x), [-1]), { onesided: true });
  },
  { becomes: "DFT; the length is that of the input, as in TensorFlow.js" },
);

/** Of m frequencies, the real signal of length 2 (m - 1); of two or fewer TensorFlow.js mirrors none. */
registerOperator(
  "IRFFT",
  (node) => {
    const { b } = node;
    const { pairs, shape } = complexInput(node);
    const count = shape.at(-1)!;
    const axis = shape.length - 1;
    if (typeof count === "string") throw node.unsupported("its number of frequencies is not known");
    let whole = pairs;
    if (count > 2) {
      const mirrored = slice(b, pairs, [{ axis, start: -2, end: -count, step: -1 }]);
      const conjugate = b.add("Mul", [mirrored, b.constant(float32([1, -1]), "conjugate")]);
      whole = b.add("Concat", [pairs, conjugate], { axis });
    }
    const y = realOf(b, fourier(b, whole, { inverse: true }));
    // TensorFlow.js gives a matrix but for inputs of three axes.
    if (shape.length === 2 || shape.length === 3) return y;
    const length = b.constant(int64([-1]), "rows");
    return b.add("Reshape", [y, b.add("Concat", [length, extent(b, y, axis)], { axis: 0 })]);
  },
  options("DFT"),
);
