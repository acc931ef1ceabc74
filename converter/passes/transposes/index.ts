import { intsOf } from "../../graph/attributes.js";
import { cloneGraph } from "../../graph/clone.js";
import type { Graph, Node } from "../../graph/types.js";
import { GraphEditor } from "../editor.js";
import { inverse, isIdentity, permuted } from "./permutation.js";
import { PUSH_RULES } from "./rules.js";

/**
 * Moves transposes towards the outputs until they meet their inverse and vanish: between two convolutions of a network in
 * NHWC nothing remains of the way to NCHW and back. Then those that stand right before the first convolution move up to
 * the graph's input, where the elements are often bytes. Changes the graph in place, unless that would add transposes.
 */
export function cancelTransposes(graph: Graph): void {
  const trial = cloneGraph(graph);
  const editor = new GraphEditor(trial);
  // Each step takes a transpose nearer to the outputs, so this ends; the bound guards against a rule that does not.
  const steps = 50 * (graph.nodes.length + 10);
  const queue = editor.nodes().filter((node) => node.op === "Transpose");
  for (let i = 0; queue.length > 0 && i < steps; i++) {
    const transpose = queue.pop()!;
    if (editor.has(transpose)) queue.push(...pushDown(editor, transpose));
  }
  for (const node of editor.nodes()) if (node.op === "Transpose" && editor.has(node)) pullUp(editor, node);
  editor.finish();
  if (count(trial) <= count(graph)) Object.assign(graph, trial);
}

const count = (graph: Graph) => graph.nodes.filter((node) => node.op === "Transpose").length;

const orderOf = (node: Node) => intsOf(node, "perm");

/** Moves a transpose behind each node that reads it and can be exchanged with it; returns the transposes that result. */
function pushDown(editor: GraphEditor, transpose: Node): Node[] {
  const order = orderOf(transpose);
  const moved: Node[] = [];
  if (!order) return moved;
  for (const reader of editor.consumers(transpose.outputs[0]!)) {
    if (!editor.has(reader) || reader.domain !== "") continue;
    if (reader.op === "Transpose") {
      moved.push(...join(editor, transpose, reader));
      continue;
    }
    const after = PUSH_RULES.get(reader.op)?.({ editor, node: reader, order, source: transpose.inputs[0]! });
    if (!after) continue;
    if (after.order && !isIdentity(after.order)) {
      moved.push(transposeAfter(editor, reader, after.order));
    }
  }
  return moved.filter((node) => editor.has(node));
}

/** Two transposes in a row become one, or none. */
function join(editor: GraphEditor, first: Node, second: Node): Node[] {
  const order = permuted(orderOf(first)!, orderOf(second)!);
  editor.change(second, {
    inputs: [first.inputs[0]!],
    attributes: { perm: { type: "ints", value: order } },
  });
  if (isIdentity(order) && editor.bypass(second, first.inputs[0]!)) return [];
  return [second];
}

/** The node now makes its output in another order of axes: a transpose behind it restores the old one. */
function transposeAfter(editor: GraphEditor, node: Node, order: number[]): Node {
  const old = node.outputs[0]!;
  const made = editor.freeOutput(node);
  editor.retype(node);
  editor.add("Transpose", [made], { perm: order }, { node: `${node.name}/Transpose`, output: old });
  return editor.producer(old)!;
}

/** Nodes with one input of data through which a transpose can move up. */
const PULLED = new Set(["Cast", "Mul", "Add", "Sub", "Div", "Pad", "Clip", "Relu"]);

/** Moves a transpose up to the graph's input where only constants meet on the way. */
function pullUp(editor: GraphEditor, transpose: Node): void {
  const order = orderOf(transpose);
  if (!order) return;
  const chain: Node[] = [];
  let name = transpose.inputs[0]!;
  for (let reader = transpose; !editor.isInput(name); ) {
    const maker = editor.producer(name);
    const data = maker?.inputs.filter((input) => input !== "" && !editor.constant(input)) ?? [];
    const fits = maker && PULLED.has(maker.op) && maker.domain === "" && data.length === 1;
    if (!fits || !editor.isOnlyFor(name, reader)) return;
    chain.push(maker);
    name = data[0]!;
    reader = maker;
  }
  if (chain.length === 0) return;
  // Pushing an extra pair of transposes from the input down does the same work: the second of them meets its inverse.
  const first = chain.at(-1)!;
  const there = editor.add("Transpose", [name], { perm: order }, { node: `${name}/Transpose` });
  const back = editor.add("Transpose", [there], { perm: inverse(order) }, { node: `${name}/Transpose` });
  editor.change(first, { inputs: first.inputs.map((input) => (input === name ? back : input)) });
  const queue = [editor.producer(back)!];
  for (let steps = 0; queue.length > 0 && steps <= 4 * chain.length; steps++)
    queue.push(...pushDown(editor, queue.pop()!));
}
