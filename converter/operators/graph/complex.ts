import type { ShowtellError } from "../../../errors/index.js";
import { cast } from "../../emit/cast.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import type { Dim, DType } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { keepingWhole } from "./math.js";

/**
 * A complex tensor as its two parts; ONNX has no type for it. Operators that do not know of the parts ask for type or
 * shape, and so refuse it.
 */
export class ComplexValue implements Value {
  name: string;

  constructor(
    readonly real: Value,
    readonly imaginary: Value,
    private readonly refuse: () => ShowtellError,
  ) {
    this.name = real.name;
  }

  get dtype(): DType {
    throw this.refuse();
  }

  get shape(): Dim[] {
    throw this.refuse();
  }
}

/** A complex output of a node. */
export function complexOf(node: OperatorContext, real: Value, imaginary: Value): ComplexValue {
  return new ComplexValue(real, imaginary, () =>
    node.unsupported("ONNX has no complex numbers, and what reads them takes neither parts nor magnitude"),
  );
}

function complexInput(node: OperatorContext): ComplexValue {
  if (node.x instanceof ComplexValue) return node.x;
  throw node.invalid(`it takes complex numbers, it is given ${node.x.dtype}`);
}

function magnitude(b: GraphBuilder, { real, imaginary }: ComplexValue): Value {
  const squares = [real, imaginary].map((part) => b.add("Mul", [part, part]));
  return b.add("Sqrt", [b.add("Add", squares)]);
}

registerOperator(
  "Complex",
  (node) => complexOf(node, cast(node.b, node.x, "float32"), cast(node.b, node.input(1), "float32")),
  { becomes: "its two inputs", limits: "read by Real, Imag, Abs and ComplexAbs alone" },
);
// Identity, as the part may be an input of the graph, which keeps its name.
registerOperator("Real", (node) => node.b.add("Identity", [complexInput(node).real]), {
  becomes: "a part of its input",
});
registerOperator("Imag", (node) => node.b.add("Identity", [complexInput(node).imaginary]), {
  becomes: "a part of its input",
});

const absolute = keepingWhole((b, x) => b.add("Abs", [x]));
registerOperator(
  ["Abs", "ComplexAbs"],
  (node) => (node.x instanceof ComplexValue ? magnitude(node.b, node.x) : absolute(node)),
  { becomes: "Abs; of complex numbers Mul, Add and Sqrt" },
);
