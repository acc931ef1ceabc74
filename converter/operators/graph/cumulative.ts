import { cast } from "../../emit/cast.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { axisOf } from "./reduction.js";

interface Running {
  b: GraphBuilder;
  x: Value;
  axis: number;
  exclusive: boolean;
  reverse: boolean;
}

function running(node: OperatorContext): Running {
  const { b, attributes } = node;
  const axis = axisOf(node, node.numbers(1, "axis")[0] ?? 0, node.x.shape.length);
  return {
    b,
    x: node.x.dtype === "bool" ? cast(b, node.x, "int32") : node.x,
    axis,
    exclusive: attributes.bool("exclusive", false),
    reverse: attributes.bool("reverse", false),
  };
}

registerOperator(
  "Cumsum",
  (node) => {
    const { b, x, axis, exclusive, reverse } = running(node);
    const inputs = [x, b.constant(scalar(axis, "int64"), "axis")];
    return b.add("CumSum", inputs, { exclusive: Number(exclusive), reverse: Number(reverse) });
  },
  { becomes: "CumSum" },
);

/** The axis as the first, and back; onnxruntime's Scan along another axis dies of empty tensors. */
const swapped = (b: GraphBuilder, x: Value, axis: number) => {
  if (axis === 0) return x;
  const perm = x.shape.map((_, i) => (i === 0 ? axis : i === axis ? 0 : i));
  return b.add("Transpose", [x], { perm });
};

/** ONNX has no running product: a Scan carries it along the axis. */
registerOperator(
  "Cumprod",
  (node) => {
    const { b, x, axis, exclusive, reverse } = running(node);
    if (x.shape[axis] === 0) return x;
    const factors = swapped(b, x, axis);
    const slice = { dtype: x.dtype, shape: factors.shape.slice(1) };
    const rest = b.constant(int64(slice.shape.map((_, i) => i + 1)), "rest");
    const extents = b.add("Gather", [b.add("Shape", [factors]), rest]);
    const ones = b.add("Expand", [b.constant(scalar(1, x.dtype), "one"), extents]);
    const body = b.body("running_product", (inner) => {
      const product = inner.input("product", slice.dtype, slice.shape);
      const factor = inner.input("factor", slice.dtype, slice.shape);
      const next = inner.add("Mul", [product, factor]);
      return [next, exclusive ? product : next];
    });
    const direction = [Number(reverse)];
    const [, products] = b.addWithBodies("Scan", [ones, factors], { body }, [slice, factors], {
      num_scan_inputs: 1,
      scan_input_directions: direction,
      scan_output_directions: direction,
    });
    return swapped(b, products!, axis);
  },
  { becomes: "Scan over Mul", limits: "an axis that turns out empty at run time" },
);
