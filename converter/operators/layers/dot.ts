import { reduce } from "../../emit/reduce.js";
import { squeeze, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import { registerLayer } from "../../read/layers-model/registry.js";

/** Below this a squared length counts as this much (tfjs `epsilon()`). */
const EPSILON = 1e-7;

function normalized(b: GraphBuilder, x: Value, axis: number): Value {
  const squared = reduce(b, "ReduceSum", b.add("Mul", [x, x]), [axis], true);
  const length = b.add("Sqrt", [b.add("Max", [squared, b.constant(scalar(EPSILON), "epsilon")])]);
  return b.add("Div", [x, length]);
}

const swapLast = (b: GraphBuilder, x: Value) => b.add("Transpose", [x], { perm: [0, 2, 1] });

/** Batched product along one axis of each input; inputs have two or three axes, as in tfjs. */
registerLayer(
  "Dot",
  (layer) => {
    const { b, inputs, config } = layer;
    let [x, y] = inputs as [Value, Value];
    if (inputs.length !== 2) throw layer.invalid(`it takes two inputs, it gets ${inputs.length}`);
    const ranks = inputs.map((input) => input.shape.length);
    if (ranks.some((rank) => rank < 2 || rank > 3)) throw layer.unsupported(`inputs of ${ranks.join(" and ")} axes`);
    const axes = config.numbers("axes", 2).map((axis, i) => (axis < 0 ? axis + ranks[i]! : axis)) as [number, number];
    if (axes.some((axis, i) => axis < 1 || axis >= ranks[i]!)) throw layer.unsupported(`axes [${axes.join(", ")}]`);
    if (config.boolean("normalize", false)) [x, y] = [normalized(b, x, axes[0]), normalized(b, y, axes[1])];
    if (ranks[0] === 2 && ranks[1] === 2) return reduce(b, "ReduceSum", b.add("Mul", [x, y]), [1], true);
    // A missing axis is added at the end, and taken away from the product.
    const left = ranks[0] === 2 ? unsqueeze(b, x, [2]) : x;
    const right = ranks[1] === 2 ? unsqueeze(b, y, [2]) : y;
    const product = b.add("MatMul", [
      axes[0] === 2 ? left : swapLast(b, left),
      axes[1] === 2 ? swapLast(b, right) : right,
    ]);
    if (ranks[0] === ranks[1]) return product;
    return squeeze(b, product, [ranks[0] === 2 ? 1 : 2]);
  },
  { becomes: "MatMul; Mul and ReduceSum of two vectors", limits: "inputs of two or three axes, as in TensorFlow.js" },
);
