import { floatOf, intOf } from "../graph/attributes.js";
import { sizeOf } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { GraphEditor } from "./editor.js";

/** y = scale x + offset, a number each a channel. */
interface Affine {
  scale: Float64Array;
  offset: Float64Array;
}

/**
 * Folds what scales and shifts channels behind a convolution or matrix product into its weights and bias:
 * BatchNormalization, and Mul, Div, Add and Sub with a constant a channel. Changes the graph in place.
 */
export function foldAffine(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    const target = node.inputs.map((name) => editor.producer(name)).find((maker) => maker && isTarget(editor, maker));
    if (!target || !editor.isOnlyFor(target.outputs[0]!, node) || node.domain !== "") continue;
    const channels = channelsOf(editor, target);
    const affine = channels === undefined ? undefined : affineOf(editor, node, target, channels);
    if (affine) fold(editor, target, node, affine);
  }
  editor.finish();
}

/** Output channels stand along this axis of the weights. */
const WEIGHT_AXIS: Record<string, (node: Node) => number> = {
  Conv: () => 0,
  ConvTranspose: () => 1,
  Gemm: (node) => (intOf(node, "transB", 0) === 1 ? 0 : 1),
};

function isTarget(editor: GraphEditor, node: Node): boolean {
  if (!Object.hasOwn(WEIGHT_AXIS, node.op) || node.domain !== "") return false;
  const weights = editor.constant(node.inputs[1]);
  if (weights?.dtype !== "float32" || (node.inputs[2] && !editor.constant(node.inputs[2]))) return false;
  if (node.op === "ConvTranspose") return intOf(node, "group", 1) === 1;
  return node.op !== "Gemm" || (floatOf(node, "alpha", 1) === 1 && floatOf(node, "beta", 1) === 1);
}

const channelsOf = (editor: GraphEditor, node: Node) =>
  editor.constant(node.inputs[1])!.shape[WEIGHT_AXIS[node.op]!(node)];

function affineOf(editor: GraphEditor, node: Node, target: Node, channels: number): Affine | undefined {
  const made = target.outputs[0]!;
  if (node.op === "BatchNormalization" && node.inputs[0] === made && node.outputs.length === 1) {
    const constants = node.inputs.slice(1).map((name) => editor.constant(name));
    if (constants.some((constant) => constant?.dtype !== "float32")) return undefined;
    return batchNormalization(constants as Tensor[], floatOf(node, "epsilon", 1e-5));
  }
  if (!["Mul", "Div", "Add", "Sub"].includes(node.op) || node.inputs.length !== 2) return undefined;
  const at = node.inputs.indexOf(made);
  // A constant divided by or minus the channels is not affine in this sense, or needs a sign.
  if (at === 1 && (node.op === "Div" || node.op === "Sub")) return undefined;
  const rank = editor.type(made)?.shape.length;
  const values = rank === undefined ? undefined : perChannel(editor.constant(node.inputs[1 - at]), rank, channels);
  if (!values) return undefined;
  const ones = new Float64Array(channels).fill(1);
  const zeros = new Float64Array(channels);
  switch (node.op) {
    case "Mul":
      return { scale: values, offset: zeros };
    case "Div":
      return { scale: values.map((value) => 1 / value), offset: zeros };
    case "Add":
      return { scale: ones, offset: values };
    default:
      return { scale: ones, offset: values.map((value) => -value) };
  }
}

/** gamma (x - mean) / sqrt(variance + epsilon) + beta */
function batchNormalization([gamma, beta, mean, variance]: Tensor[], epsilon: number): Affine {
  const [g, o, m, v] = [gamma, beta, mean, variance].map((tensor) => tensor!.data as Float32Array);
  const scale = Float64Array.from(g!, (value, i) => value / Math.sqrt(v![i]! + epsilon));
  return { scale, offset: Float64Array.from(o!, (value, i) => value - m![i]! * scale[i]!) };
}

/** The numbers of a constant that varies along the channels (axis 1) alone. */
function perChannel(constant: Tensor | undefined, rank: number, channels: number): Float64Array | undefined {
  if (constant?.dtype !== "float32" || constant.shape.length > rank) return undefined;
  const shape = [...Array<number>(rank - constant.shape.length).fill(1), ...constant.shape];
  if (shape.some((extent, axis) => extent !== 1 && (axis !== 1 || extent !== channels))) return undefined;
  const data = constant.data as Float32Array;
  return Float64Array.from({ length: channels }, (_, i) => data[data.length === 1 ? 0 : i]!);
}

function fold(editor: GraphEditor, target: Node, node: Node, { scale, offset }: Affine): void {
  const [x, weightName, biasName] = target.inputs as [string, string, string | undefined];
  const weights = editor.constant(weightName)!;
  const bias = biasName ? spreadBias(editor.constant(biasName)!, scale.length) : undefined;
  if (biasName && !bias) return;
  const shifted = Float32Array.from(scale, (factor, i) => (bias?.[i] ?? 0) * factor + offset[i]!);
  const unscaled = scale.every((factor) => factor === 1);
  const scaled = unscaled ? weightName : editor.addConstant(scaledAlong(weights, target, scale), weightName);
  const wish = biasName ?? `${weightName.replace(/\/[^/]*$/, "")}/bias`;
  const shiftName = editor.addConstant({ dtype: "float32", shape: [scale.length], data: shifted }, wish);
  const inputs = [x, scaled, shiftName];
  const before = [...target.inputs];
  editor.change(target, { inputs });
  if (!editor.bypass(node, target.outputs[0]!)) editor.change(target, { inputs: before });
}

/** The bias, a number a channel; Gemm's may be one number for all. */
function spreadBias({ data, shape }: Tensor, channels: number): Float32Array | undefined {
  const values = data as Float32Array;
  if (values.length === channels && shape.at(-1) === channels) return values;
  return values.length === 1 ? new Float32Array(channels).fill(values[0]!) : undefined;
}

function scaledAlong(weights: Tensor, target: Node, scale: Float64Array): Tensor {
  const axis = WEIGHT_AXIS[target.op]!(target);
  const inner = sizeOf(weights.shape.slice(axis + 1));
  const source = weights.data as Float32Array;
  const data = new Float32Array(source.length);
  for (let i = 0; i < source.length; i++) data[i] = source[i]! * scale[Math.floor(i / inner) % scale.length]!;
  return { ...weights, data };
}
