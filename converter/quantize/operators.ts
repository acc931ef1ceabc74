import { floatOf, intOf } from "../graph/attributes.js";
import type { Node, Tensor, TensorType } from "../graph/types.js";

/** What of a node is quantised, and how. */
export interface Roles {
  /** `product`: a multiplication with weights; `move`: hands on stored numbers as they are; `map`: gives other numbers. */
  kind: "product" | "move" | "map";
  /** Places of the inputs that vary with the data. */
  activations: number[];
  /** Place of the constant weights, and the axis that has a scale for each index. */
  weights?: { place: number; axis: number };
  /** Place of the constant bias, one number a channel. */
  bias?: number;
  /** Axis of the first input along which the weights are summed up, counted from the end where it is negative. */
  summed?: number;
  /** Whether each filter sees one channel: onnxruntime then sums up in 32 bits on every processor. */
  depthwise?: boolean;
  /** Whether onnxruntime can give the result in float32 as well. */
  floatOutput?: boolean;
}

/** What is known around a node. */
export interface Surroundings {
  constant(name: string): Tensor | undefined;
  type(name: string): TensorType | undefined;
}

type Rule = (node: Node, around: Surroundings) => Roles | undefined;

const isFloat = (tensor: { dtype: string } | undefined) => tensor?.dtype === "float32";

/** The bias, where there is one: [channels], or nothing that int32 can stand for. */
function biasAt(place: number, channels: number, node: Node, { constant }: Surroundings): number | undefined | "other" {
  const name = node.inputs[place];
  if (!name) return undefined;
  const bias = constant(name);
  return isFloat(bias) && bias?.shape.length === 1 && bias.shape[0] === channels ? place : "other";
}

function product(node: Node, around: Surroundings, axis: number, more: Partial<Roles> = {}): Roles | undefined {
  const weights = around.constant(node.inputs[1]!);
  if (!isFloat(weights) || weights!.data.length === 0 || around.constant(node.inputs[0]!)) return undefined;
  const bias = more.bias === undefined ? undefined : biasAt(more.bias, weights!.shape[axis]!, node, around);
  if (bias === "other") return undefined;
  return { ...more, kind: "product", activations: [0], weights: { place: 1, axis }, bias };
}

const conv: Rule = (node, around) => {
  const [, perFilter] = around.constant(node.inputs[1]!)?.shape ?? [];
  const depthwise = perFilter === 1 && intOf(node, "group", 1) > 1;
  return product(node, around, 0, { bias: 2, summed: 1, depthwise });
};

const matMul: Rule = (node, around) =>
  around.constant(node.inputs[1]!)?.shape.length === 2
    ? product(node, around, 1, { summed: -1, floatOutput: true })
    : undefined;

const gemm: Rule = (node, around) => {
  const plain = floatOf(node, "alpha", 1) === 1 && intOf(node, "transA", 0) === 0;
  if (!plain || (node.inputs[2] && floatOf(node, "beta", 1) !== 1)) return undefined;
  return product(node, around, intOf(node, "transB", 0) ? 0 : 1, { bias: 2, summed: -1, floatOutput: true });
};

/** Hands on the numbers of its first input; the others are shapes, axes and indices. */
const move: Rule = (node) => (node.outputs.length === 1 ? { kind: "move", activations: [0] } : undefined);

const map: Rule = (node) => (node.outputs.length === 1 ? { kind: "map", activations: [0] } : undefined);

/** Of two or more tensors, none of them constant: a constant among them would lose its digits for nothing. */
const join: Rule = (node, { constant }) =>
  node.inputs.some((name) => constant(name)) ? undefined : { kind: "map", activations: node.inputs.map((_, i) => i) };

const resize: Rule = (node, around) => {
  const mode = node.attributes.mode;
  const nearest = mode === undefined || (mode.type === "string" && mode.value === "nearest");
  return nearest ? move(node, around) : undefined;
};

/** The operators that onnxruntime runs on bytes. */
const RULES: Record<string, Rule> = {
  Conv: conv,
  MatMul: matMul,
  Gemm: gemm,
  MaxPool: move,
  Reshape: move,
  Transpose: move,
  Squeeze: move,
  Unsqueeze: move,
  Flatten: move,
  Slice: move,
  DepthToSpace: move,
  SpaceToDepth: move,
  Resize: resize,
  AveragePool: map,
  GlobalAveragePool: map,
  Sigmoid: map,
  LeakyRelu: map,
  Add: join,
  Mul: join,
  Concat: join,
};

export const PRODUCTS = new Set(["Conv", "MatMul", "Gemm"]);

/** How a node of ONNX's own operators can be quantised; undefined where it cannot. */
export function rolesOf(node: Node, around: Surroundings): Roles | undefined {
  if (node.domain !== "" || !Object.hasOwn(RULES, node.op)) return undefined;
  const roles = RULES[node.op]!(node, around);
  if (!roles || !isFloat(around.type(node.outputs[0]!))) return undefined;
  const names = roles.activations.map((place) => node.inputs[place]!);
  return names.every((name) => name !== "" && isFloat(around.type(name)) && !around.constant(name)) ? roles : undefined;
}
