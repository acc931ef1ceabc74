import { cast } from "../../emit/cast.js";
import { reshape, slice } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64, scalar } from "../../graph/tensor.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";

/** Two constant numbers an axis. */
function pairsOf(node: OperatorContext): number[] {
  const pairs = node.numbers(1, "paddings");
  const { length: rank } = node.x.shape;
  if (pairs.length !== 2 * rank) throw node.invalid(`it has ${pairs.length} paddings for ${rank} axes`);
  return pairs;
}

/** ONNX's pads, the begins before the ends, from TensorFlow's [rank, 2], which may be computed at run time. */
function padsOf(node: OperatorContext): Value {
  const { b } = node;
  const given = node.input(1);
  if (given.constant) {
    const pairs = pairsOf(node);
    const ends = (end: number) => pairs.filter((_, i) => i % 2 === end);
    return b.constant(int64([...ends(0), ...ends(1)]), "pads");
  }
  return cast(b, reshape(b, b.add("Transpose", [given], { perm: [1, 0] }), [-1]), "int64");
}

registerOperator(
  ["Pad", "PadV2"],
  (node) => {
    const { b, x, op, attributes } = node;
    const filler = attributes.float("constant_value", 0);
    let value: Value | undefined;
    if (op === "PadV2" && node.inputs[2]) value = cast(b, node.inputs[2], x.dtype);
    else if (op === "Pad" && filler !== 0) value = cast(b, b.constant(scalar(filler), "filler"), x.dtype);
    return b.add("Pad", [x, padsOf(node), value], { mode: "constant" });
  },
  { becomes: "Pad" },
);

/** Mirrors with the border itself as the first row; ONNX mirrors without it alone. */
function symmetric(b: GraphBuilder, x: Value, before: number, after: number, axis: number): Value {
  const parts: Value[] = [x];
  if (before > 0) parts.unshift(slice(b, x, [{ axis, start: before - 1, end: Number.NEGATIVE_INFINITY, step: -1 }]));
  if (after > 0) parts.push(slice(b, x, [{ axis, start: -1, end: -after - 1, step: -1 }]));
  return parts.length === 1 ? x : b.add("Concat", parts, { axis });
}

registerOperator(
  "MirrorPad",
  (node) => {
    const { b, x } = node;
    const mode = node.attributes.string("mode", "").toLowerCase();
    if (mode === "reflect") return b.add("Pad", [x, padsOf(node)], { mode });
    if (mode !== "symmetric") throw node.invalid(`its mode is "${mode}"`);
    const pads = pairsOf(node);
    // With one row at most, the mirror image of the border is the border.
    if (pads.every((extent) => extent <= 1)) return b.add("Pad", [x, padsOf(node)], { mode: "edge" });
    return x.shape.reduce<Value>((done, _, axis) => symmetric(b, done, pads[2 * axis]!, pads[2 * axis + 1]!, axis), x);
  },
  { becomes: "Pad; symmetric by more than 1 Slice and Concat", limits: "symmetric paddings must be constant" },
);
