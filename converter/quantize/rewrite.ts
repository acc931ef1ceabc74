import { full, scalar } from "../graph/tensor.js";
import type { Node, Tensor } from "../graph/types.js";
import type { GraphEditor } from "../passes/editor.js";
import type { Observation } from "./calibrate.js";
import { type Affine, affineOf, biasScales, quantizeBias } from "./parameters.js";
import type { Plan, Unit } from "./plan.js";
import { leastScales, roundingShift, storeWeights } from "./weights.js";

/** How each tensor of a plan is kept in bytes. */
export function affinesOf(plan: Plan, ranges: Map<string, Observation>): Map<string, Affine> {
  const affines = new Map<string, Affine>();
  for (const name of plan.tensors.keys()) affines.set(name, affineOf(ranges.get(name)!));
  for (const { roles, inputs, output } of plan.units) {
    if (roles.kind === "move" && affines.has(output)) affines.set(output, affines.get(inputs[0]!)!);
  }
  return affines;
}

/**
 * Puts QuantizeLinear and DequantizeLinear around what is planned: onnxruntime makes one integer kernel of each node
 * between them.
 * @param ranges of every tensor of the plan
 * @param pairs whether neighbouring weights are bounded
 */
export function insertQuantization(
  editor: GraphEditor,
  plan: Plan,
  ranges: Map<string, Observation>,
  pairs: boolean,
): void {
  const affines = affinesOf(plan, ranges);
  quantizeConstants(editor, plan.units, affines, ranges, pairs);
  const inBytes = new Set(plan.units.map(({ node }) => node));
  const made = new Set<string>();
  for (const unit of plan.units) {
    const affine = affines.get(unit.output);
    if (!affine) continue;
    made.add(unit.output);
    quantizeOutput(editor, unit, affine);
  }
  for (const [name, affine] of affines) if (!made.has(name)) quantizeInput(editor, name, affine, inBytes);
}

/** What a unit gives goes through bytes for everyone who reads it. */
function quantizeOutput(editor: GraphEditor, { node, activation, output }: Unit, affine: Affine): void {
  const name = activation ? withoutActivation(editor, node, activation) : output;
  if (editor.isPinned(name)) {
    const raw = editor.freeOutput(node);
    editor.retype(node);
    addPair(editor, raw, affine, name, name);
    return;
  }
  const readers = editor.consumers(name);
  redirect(editor, readers, name, addPair(editor, name, affine, name));
}

/** The limits of the bytes do what the activation did. Returns the name of the node's output. */
function withoutActivation(editor: GraphEditor, node: Node, activation: Node): string {
  editor.bypass(activation, node.outputs[0]!);
  return node.outputs[0]!;
}

/** What is made in float32 goes through bytes for those alone who read bytes. */
function quantizeInput(editor: GraphEditor, name: string, affine: Affine, inBytes: Set<Node>): void {
  const readers = editor.consumers(name).filter((node) => inBytes.has(node));
  redirect(editor, readers, name, addPair(editor, name, affine, name));
}

function redirect(editor: GraphEditor, readers: Node[], from: string, to: string): void {
  for (const reader of readers) {
    editor.change(reader, { inputs: reader.inputs.map((input) => (input === from ? to : input)) });
  }
}

/** `raw` to bytes and back. Returns the name of what comes back. */
function addPair(
  editor: GraphEditor,
  raw: string,
  { scale, zeroPoint }: Affine,
  wish: string,
  output?: string,
): string {
  const parameters = [
    editor.addConstant(scalar(scale), `${wish}/scale`),
    editor.addConstant(scalar(zeroPoint, "uint8"), `${wish}/zero_point`),
  ];
  const bytes = editor.add("QuantizeLinear", [raw, ...parameters], {}, { node: `${wish}/QuantizeLinear` });
  return editor.add("DequantizeLinear", [bytes, ...parameters], {}, { node: `${wish}/DequantizeLinear`, output });
}

/** Weights as int8 and biases as int32, each behind a DequantizeLinear. Weights that several nodes share are stored once. */
function quantizeConstants(
  editor: GraphEditor,
  units: Unit[],
  affines: Map<string, Affine>,
  seen: Map<string, Observation>,
  pairs: boolean,
): void {
  const groups = new Map<string, { unit: Unit; name: string; axis: number }[]>();
  for (const unit of units) {
    const { weights } = unit.roles;
    if (!weights) continue;
    const name = unit.node.inputs[weights.place]!;
    const key = `${weights.axis} ${name}`;
    groups.set(key, [...(groups.get(key) ?? []), { unit, name, axis: weights.axis }]);
  }
  for (const group of groups.values()) {
    const { name, axis } = group[0]!;
    const weights = editor.constant(name)!;
    const least = group.flatMap(({ unit }) => {
      const bias = biasOf(editor, unit);
      return bias ? [leastScales(bias, affines.get(unit.inputs[0]!)!.scale)] : [];
    });
    const own = storeWeights(weights, axis, {
      least: least.length > 0 ? least.reduce((a, b) => a.map((value, i) => Math.max(value, b[i]!))) : undefined,
      squares: seen.get(group[0]!.unit.inputs[0]!)!.squares,
      pairs: pairs && !group.every(({ unit }) => unit.roles.depthwise),
    });
    const { stored, scales } = own;
    const restored = addConstantPair(editor, stored, scales, axis, name);
    for (const { unit } of group) {
      const { node, roles } = unit;
      const inputs = node.inputs.with(roles.weights!.place, restored);
      const bias = biasOf(editor, unit);
      if (bias) {
        const steps = biasScales(affines.get(unit.inputs[0]!)!, scales);
        const { means } = seen.get(unit.inputs[0]!)!;
        const shift = means && roundingShift(weights, own, axis, means);
        const stands = quantizeBias(bias, steps, shift);
        inputs[roles.bias!] = addConstantPair(editor, stands, steps, 0, node.inputs[roles.bias!]!);
      }
      editor.change(node, { inputs });
    }
  }
}

function biasOf(editor: GraphEditor, { node, roles }: Unit): Tensor | undefined {
  return roles.bias === undefined ? undefined : editor.constant(node.inputs[roles.bias]);
}

function addConstantPair(
  editor: GraphEditor,
  stored: Tensor,
  scales: Float32Array,
  axis: number,
  wish: string,
): string {
  const parameters = [
    editor.addConstant(stored, `${wish}/${stored.dtype}`),
    editor.addConstant({ dtype: "float32", shape: [scales.length], data: scales }, `${wish}/scale`),
    editor.addConstant(full([scales.length], 0, stored.dtype), `${wish}/zero_point`),
  ];
  return editor.add("DequantizeLinear", parameters, { axis }, { node: `${wish}/DequantizeLinear` });
}
