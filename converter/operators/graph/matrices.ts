import { cast } from "../../emit/cast.js";
import { reshape } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { type LowerOperator, type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { fusedActivation } from "./activations.js";
import { matched } from "./arithmetic.js";

interface Product {
  a: Value;
  b: Value;
  transposeA: boolean;
  transposeB: boolean;
}

function productOf(node: OperatorContext, names: [string, string]): Product {
  const [a, b] = matched(node);
  if (a.dtype === "bool") throw node.unsupported("both its inputs are bool");
  for (const { shape } of [a, b]) {
    if (shape.length < 2) throw node.invalid(`it multiplies matrices, it is given [${shape.join(", ")}]`);
  }
  const [transposeA, transposeB] = names.map((name) => node.attributes.bool(name, false)) as [boolean, boolean];
  return { a, b, transposeA, transposeB };
}

/** The last two axes change places. */
function turned(b: GraphBuilder, x: Value): Value {
  const rank = x.shape.length;
  const perm = x.shape.map((_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  return b.add("Transpose", [x], { perm });
}

/** One node where ONNX has one: Gemm takes two plain matrices of floats, transposes them and adds a bias. */
function multiplied(builder: GraphBuilder, { a, b, transposeA, transposeB }: Product, bias?: Value): Value {
  const plain = a.dtype === "float32" && a.shape.length === 2 && b.shape.length === 2;
  if (plain && (bias || transposeA || transposeB) && (bias?.shape.length ?? 0) <= 2) {
    const flags = { transA: transposeA ? 1 : undefined, transB: transposeB ? 1 : undefined };
    return builder.add("Gemm", bias ? [a, b, bias] : [a, b], flags);
  }
  const left = transposeA ? turned(builder, a) : a;
  const right = transposeB ? turned(builder, b) : b;
  const product = builder.add("MatMul", [left, right]);
  return bias ? builder.add("Add", [product, bias]) : product;
}

const matMul =
  (names: [string, string]): LowerOperator =>
  (node) =>
    multiplied(node.b, productOf(node, names));

registerOperator("MatMul", matMul(["transpose_a", "transpose_b"]), { becomes: "MatMul, or Gemm where it transposes" });
registerOperator(["BatchMatMul", "BatchMatMulV2"], matMul(["adj_x", "adj_y"]), { becomes: "MatMul" });

registerOperator(
  "_FusedMatMul",
  (node) => {
    const product = productOf(node, ["transpose_a", "transpose_b"]);
    // TensorFlow.js takes the first operation for the bias, whatever it is, and the second for the activation.
    const [, activation = "linear"] = node.attributes.strings("fused_ops", []).map((name) => name.toLowerCase());
    const [bias, slope] = node.inputs.slice(2);
    const sum = multiplied(node.b, product, bias && cast(node.b, bias, product.a.dtype));
    return fusedActivation(node, sum, activation, slope);
  },
  { becomes: "Gemm or MatMul and Add, and the activation" },
);

registerOperator(
  "Transpose",
  (node) => {
    const { b, x } = node;
    const rank = x.shape.length;
    const perm = node.numbers(1, "order of axes");
    if (perm.length !== rank || x.shape.some((_, axis) => !perm.includes(axis))) {
      throw node.invalid(`[${perm.join(", ")}] is no order of ${rank} axes`);
    }
    return rank < 2 ? x : b.add("Transpose", [x], { perm });
  },
  { becomes: "Transpose" },
);

registerOperator(
  "Einsum",
  (node) => {
    // TensorFlow.js reads attributes of text in lower case.
    const equation = node.attributes.string("equation", "").replaceAll(/\s/g, "").toLowerCase();
    const terms = equation.split("->")[0]!.split(",");
    if (!/^[a-z,]*->[a-z]*$/.test(equation)) throw node.unsupported(`its equation is "${equation}"`);
    if (terms.length !== node.inputs.length || terms.length > 2) {
      throw node.unsupported(`"${equation}" is given ${node.inputs.length} inputs`);
    }
    if (terms.some((term) => new Set(term).size < term.length)) {
      throw node.unsupported(`"${equation}" names an axis twice`);
    }
    const dtypes = new Set(node.inputs.map(({ dtype }) => dtype));
    if (dtypes.size > 1 || dtypes.has("bool")) throw node.unsupported(`its inputs are ${[...dtypes].join(" and ")}`);
    return node.b.add("Einsum", node.inputs, { equation });
  },
  { becomes: "Einsum", limits: "one or two inputs of one type, no ellipsis, as in TensorFlow.js" },
);

/** Further than any diagonal. */
const FAR = 2 ** 31 - 1;

registerOperator(
  "MatrixBandPart",
  (node) => {
    const { b, x } = node;
    if (x.shape.length < 2) throw node.invalid(`it takes matrices, it is given [${x.shape.join(", ")}]`);
    // TensorFlow.js reads the second input for both sides.
    const given = node.input(1);
    if (given.dtype !== "int32") throw node.invalid(`it counts diagonals in int32, it is given ${given.dtype}`);
    if (node.inputs[2] !== given) node.warn("as many diagonals stay above as below, as in TensorFlow.js");
    let count = cast(b, given.shape.length === 0 ? given : reshape(b, given, []), "int64");
    if (given.constant) {
      if (node.numbers(1, "number of diagonals")[0]! < 0) return x;
    } else {
      const all = b.add("Less", [count, b.constant(scalar(0, "int64"), "zero")]);
      count = b.add("Where", [all, b.constant(scalar(FAR, "int64"), "far"), count]);
    }
    const upper = b.add("Trilu", [x, b.add("Neg", [count])], { upper: 1 });
    return b.add("Trilu", [upper, count], { upper: 0 });
  },
  { becomes: "Trilu, once a side", limits: "num_upper is not read, as in TensorFlow.js" },
);
