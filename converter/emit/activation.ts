import { float } from "../graph/attributes.js";
import type { GraphBuilder, Value } from "../graph/builder.js";
import { scalar } from "../graph/tensor.js";

/** How an activation of tfjs is written in ONNX. */
export type Activation = (b: GraphBuilder, x: Value) => Value;

const single =
  (op: string): Activation =>
  (b, x) =>
    b.add(op, [x]);

const constant = (b: GraphBuilder, value: number) => b.constant(scalar(value), "number");

/** min(max(x, low), high) */
export function clip(b: GraphBuilder, x: Value, low: number | undefined, high: number | undefined): Value {
  const bound = (value: number | undefined, name: string) =>
    value === undefined ? undefined : b.constant(scalar(value, x.dtype), name);
  const bounds = [bound(low, "low"), bound(high, "high")];
  return b.add("Clip", bounds[1] ? [x, ...bounds] : [x, bounds[0]]);
}

/** 0.5 x (1 + erf(x / sqrt 2)) */
const gelu: Activation = (b, x) => {
  if (b.opset >= 20) return b.add("Gelu", [x]);
  const erf = b.add("Erf", [b.add("Div", [x, constant(b, Math.SQRT2)])]);
  const scaled = b.add("Mul", [x, b.add("Add", [erf, constant(b, 1)])]);
  return b.add("Mul", [scaled, constant(b, 0.5)]);
};

/** 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) */
const geluNew: Activation = (b, x) => {
  if (b.opset >= 20) return b.add("Gelu", [x], { approximate: "tanh" });
  const cubed = b.add("Mul", [b.add("Mul", [x, x]), x]);
  const inner = b.add("Add", [x, b.add("Mul", [cubed, constant(b, 0.044715)])]);
  const tanh = b.add("Tanh", [b.add("Mul", [inner, constant(b, Math.sqrt(2 / Math.PI))])]);
  const scaled = b.add("Mul", [x, b.add("Add", [tanh, constant(b, 1)])]);
  return b.add("Mul", [scaled, constant(b, 0.5)]);
};

const ACTIVATIONS: Record<string, Activation> = {
  linear: (_, x) => x,
  relu: single("Relu"),
  relu6: (b, x) => clip(b, x, 0, 6),
  elu: single("Elu"),
  selu: single("Selu"),
  sigmoid: single("Sigmoid"),
  hardsigmoid: (b, x) => b.add("HardSigmoid", [x], { alpha: float(0.2), beta: float(0.5) }),
  softplus: single("Softplus"),
  softsign: single("Softsign"),
  tanh: single("Tanh"),
  softmax: (b, x) => b.add("Softmax", [x], { axis: -1 }),
  logsoftmax: (b, x) => b.add("LogSoftmax", [x], { axis: -1 }),
  swish: (b, x) => b.add("Mul", [x, b.add("Sigmoid", [x])]),
  mish: (b, x) => (b.opset >= 18 ? b.add("Mish", [x]) : b.add("Mul", [x, b.add("Tanh", [b.add("Softplus", [x])])])),
  gelu,
  gelunew: geluNew,
};

/** Names of the activations that are known, as tfjs spells them in lower case without underscores. */
export const activationNames = Object.keys(ACTIVATIONS);

/** `hard_sigmoid`, `hardSigmoid` -> `hardsigmoid` */
export const activationKey = (name: string) => name.replaceAll("_", "").toLowerCase();

export function activationByName(name: string): Activation | undefined {
  return Object.hasOwn(ACTIVATIONS, activationKey(name)) ? ACTIVATIONS[activationKey(name)] : undefined;
}
