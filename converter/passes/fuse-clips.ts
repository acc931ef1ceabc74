import { scalar, sizeOf } from "../graph/tensor.js";
import type { Graph, Node } from "../graph/types.js";
import { GraphEditor } from "./editor.js";

/** min(max(x, low), high) */
interface Clip {
  x: string;
  low: number;
  high: number;
}

/**
 * Writes bounds that follow each other, such as Relu, Min and Max, as one Clip, which engines take into the convolution
 * before it. Changes the graph in place.
 */
export function fuseClips(graph: Graph): void {
  const editor = new GraphEditor(graph);
  for (const node of editor.nodes()) {
    const clip = clipOf(editor, node);
    const before = clip && editor.producer(clip.x);
    const first = before && clipOf(editor, before);
    if (!first || !editor.isOnlyFor(clip.x, node)) continue;
    const bounded = (value: number) => Math.min(Math.max(value, clip.low), clip.high);
    replace(editor, node, { x: first.x, low: bounded(first.low), high: bounded(first.high) });
  }
  editor.finish();
}

/** The bounds that a node sets to a tensor of floats. */
function clipOf(editor: GraphEditor, node: Node): Clip | undefined {
  const [a, b, c] = node.inputs as [string, string?, string?];
  if (node.domain !== "" || editor.type(node.outputs[0]!)?.dtype !== "float32") return undefined;
  const bound = (name: string | undefined, otherwise: number) => (name ? numberOf(editor, name) : otherwise);
  if (node.op === "Relu") return { x: a, low: 0, high: Number.POSITIVE_INFINITY };
  if (node.op === "Clip") {
    const [low, high] = [bound(b, Number.NEGATIVE_INFINITY), bound(c, Number.POSITIVE_INFINITY)];
    return low === undefined || high === undefined ? undefined : { x: a, low, high };
  }
  if ((node.op !== "Min" && node.op !== "Max") || node.inputs.length !== 2) return undefined;
  const [left, right] = [numberOf(editor, a), numberOf(editor, b!)];
  const value = left ?? right;
  const x = left === undefined ? a : b!;
  // A number with more axes than the tensor would give it these.
  const rank = (name: string) => editor.type(name)?.shape.length ?? 0;
  if (value === undefined || rank(x) < rank(x === a ? b! : a)) return undefined;
  return node.op === "Min"
    ? { x, low: Number.NEGATIVE_INFINITY, high: value }
    : { x, low: value, high: Number.POSITIVE_INFINITY };
}

function numberOf(editor: GraphEditor, name: string): number | undefined {
  const constant = editor.constant(name);
  return constant?.dtype === "float32" && sizeOf(constant.shape) === 1 ? Number(constant.data[0]) : undefined;
}

function replace(editor: GraphEditor, node: Node, { x, low, high }: Clip): void {
  const scope = node.name.replace(/[^/]*$/, "");
  const [open, relu] = [high === Number.POSITIVE_INFINITY, low === 0 && high === Number.POSITIVE_INFINITY];
  const constant = (value: number, wish: string) => editor.addConstant(scalar(value), `${scope}${wish}`);
  const bounds = relu ? [] : [low === Number.NEGATIVE_INFINITY ? "" : constant(low, "low")];
  if (!open) bounds.push(constant(high, "high"));
  const op = relu ? "Relu" : "Clip";
  const output = node.outputs[0]!;
  editor.remove(node);
  editor.add(op, [x, ...bounds], {}, { node: `${scope}${op}`, output });
}
