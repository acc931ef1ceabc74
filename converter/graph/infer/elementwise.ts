import { intOf } from "../attributes.js";
import { broadcast } from "../dims.js";
import { dtypeOf } from "../element-types.js";
import type { DType, TensorType } from "../types.js";
import { type InferenceContext, misfit, registerInference } from "./registry.js";

const same = ({ types }: InferenceContext) => [types[0]];

registerInference(
  (
    "Abs Neg Exp Log Sqrt Reciprocal Sign Floor Ceil Round Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh " +
    "Erf Sigmoid HardSigmoid Relu LeakyRelu PRelu Elu Selu Celu ThresholdedRelu Softplus Softsign Mish Gelu HardSwish " +
    "Softmax LogSoftmax Hardmax Clip Identity Dropout Not BitwiseNot BatchNormalization InstanceNormalization " +
    "LpNormalization LRN CumSum Trilu"
  ).split(" "),
  same,
);

registerInference(["LayerNormalization"], ({ types }) => [types[0]]);

const together = (context: InferenceContext, dtype?: DType): (TensorType | undefined)[] => {
  const known = context.types.filter((type) => type !== undefined);
  if (known.length < context.node.inputs.length) return [undefined];
  const shape = broadcast(known.map((type) => type.shape));
  if (!shape) throw misfit(context, "these shapes cannot be broadcast");
  return [{ dtype: dtype ?? known[0]!.dtype, shape }];
};

registerInference(
  "Add Sub Mul Div Pow Min Max Mean Sum Mod BitwiseAnd BitwiseOr BitwiseXor BitShift".split(" "),
  (context) => together(context),
);
registerInference("Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor".split(" "), (context) =>
  together(context, "bool"),
);
registerInference(["IsNaN", "IsInf"], ({ types }) => [types[0] && { dtype: "bool", shape: types[0].shape }]);
registerInference(["Where"], (context) => together(context, context.types[1]?.dtype));
registerInference(["Cast"], ({ node, types }) => [
  types[0] && { dtype: dtypeOf(intOf(node, "to", 1)), shape: types[0].shape },
]);
