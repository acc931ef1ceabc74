import { alongAxis, flat, pad, reduce, resize, search, slice } from "./axes.js";
import { concat, elementwise, unary } from "./elementwise.js";
import { gather, shape, squeeze, unsqueeze } from "./rank.js";
import type { PushRule } from "./rule.js";

const UNARY =
  "Abs Neg Exp Log Sqrt Reciprocal Sign Floor Ceil Round Sin Cos Tan Sinh Cosh Tanh Erf Sigmoid HardSigmoid Relu LeakyRelu " +
  "Elu Selu Celu ThresholdedRelu Softplus Softsign Mish Gelu HardSwish Clip Identity Dropout Not Cast " +
  "Asin Acos Atan Asinh Acosh Atanh IsNaN IsInf";
const ELEMENTWISE =
  "Add Sub Mul Div Pow Min Max Mean Sum PRelu Where Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor";
const REDUCTIONS =
  "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSumExp ReduceSumSquare";

const rulesFor = (operators: string, rule: PushRule) =>
  Object.fromEntries(operators.split(" ").map((operator) => [operator, rule]));

/** By operator: how a transpose before it becomes one behind it. */
export const PUSH_RULES = new Map<string, PushRule>(
  Object.entries({
    ...rulesFor(UNARY, unary),
    ...rulesFor(ELEMENTWISE, elementwise),
    ...rulesFor(REDUCTIONS, reduce),
    ArgMax: search,
    ArgMin: search,
    Concat: concat,
    Softmax: alongAxis(-1),
    LogSoftmax: alongAxis(-1),
    Pad: pad,
    Squeeze: squeeze,
    Unsqueeze: unsqueeze,
    Gather: gather,
    Shape: shape,
    Slice: slice,
    Resize: resize,
    Flatten: flat,
    Reshape: flat,
  }),
);
