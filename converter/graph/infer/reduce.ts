import { intOf, intsOf } from "../attributes.js";
import { toNumbers } from "../tensor.js";
import { axisOf, registerInference } from "./registry.js";

registerInference(
  "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare".split(
    " ",
  ),
  (context) => {
    const [x] = context.types;
    if (!x) return [undefined];
    const rank = x.shape.length;
    const given = intsOf(context.node, "axes") ?? (context.constants[1] ? toNumbers(context.constants[1]) : undefined);
    if (!given && context.node.inputs[1]) return [undefined];
    const axes = new Set((given ?? x.shape.map((_, i) => i)).map((axis) => axisOf(context, axis, rank)));
    const keep = intOf(context.node, "keepdims", 1) === 1;
    const shape = x.shape.flatMap((dim, i) => (axes.has(i) ? (keep ? [1] : []) : [dim]));
    return [{ dtype: x.dtype, shape }];
  },
);

registerInference(["ArgMax", "ArgMin"], (context) => {
  const [x] = context.types;
  if (!x) return [undefined];
  const axis = axisOf(context, intOf(context.node, "axis", 0), x.shape.length);
  const keep = intOf(context.node, "keepdims", 1) === 1;
  return [{ dtype: "int64", shape: x.shape.flatMap((dim, i) => (i === axis ? (keep ? [1] : []) : [dim])) }];
});
