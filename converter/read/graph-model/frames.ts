import { ShowtellError } from "../../../errors/index.js";
import { type FunctionDef, type GraphDef, invalid, type NodeDef, type TensorReference } from "./graph-def.js";
import { NodeAttributes } from "./node-attributes.js";
import { type Argument, Arguments, consumersOf, extract, freeName, reach, through } from "./subgraph.js";

type Nodes = Map<string, NodeDef>;

/** A loop of TensorFlow 1: the nodes that run in one frame. */
interface Frame {
  name: string;
  enters: NodeDef[];
  /** All that depends on the frame's Enters, up to its Exits. */
  members: Set<string>;
}

/**
 * Writes the loops of TensorFlow 1 (Enter, Merge, Switch, LoopCond, NextIteration, Exit) as While with functions for
 * condition and body, from the innermost out. Changes both maps in place.
 */
export function rewriteLoops(nodes: Nodes, functions: GraphDef["functions"]): void {
  for (;;) {
    const frames = framesOf(nodes);
    if (frames.length === 0) return;
    const inner = frames.find((frame) => frames.every((other) => other === frame || !isWithin(other, frame)));
    if (!inner) throw invalid(`its loops "${frames.map(({ name }) => name).join('", "')}" lie within each other`);
    rewrite(inner, nodes, functions);
  }
}

const isWithin = (inner: Frame, outer: Frame) => inner.enters.some(({ name }) => outer.members.has(name));

function framesOf(nodes: Nodes): Frame[] {
  const enters = new Map<string, NodeDef[]>();
  for (const node of nodes.values()) {
    if (node.op !== "Enter") continue;
    const frame = attributesOf(node).string("frame_name", "");
    enters.set(frame, [...(enters.get(frame) ?? []), node]);
  }
  const consumers = consumersOf(nodes);
  return [...enters].map(([name, list]) => ({ name, enters: list, members: reach(list, consumers, isExit) }));
}

const isExit = (node: NodeDef) => node.op === "Exit";

const attributesOf = (node: NodeDef) =>
  new NodeAttributes(node.attributes, (reason) => invalid(`node "${node.name}": ${reason}`));

function rewrite(frame: Frame, nodes: Nodes, functions: GraphDef["functions"]): void {
  const odd = (reason: string) =>
    new ShowtellError("CONVERT_UNSUPPORTED", `The loop "${frame.name}" cannot be converted: ${reason}.`);
  const members = [...nodes.values()].filter((node) => frame.members.has(node.name));
  const conditions = members.filter((node) => node.op === "LoopCond");
  const [condition] = conditions;
  if (!condition?.inputs[0] || conditions.length > 1) throw odd(`it has ${conditions.length} conditions (LoopCond)`);

  const merges = members.filter(
    (node) => node.op === "Merge" && node.inputs.some((input) => nodes.get(input.node)?.op === "NextIteration"),
  );
  const inputOf = (merge: NodeDef, op: string) => {
    const found = merge.inputs.map((input) => nodes.get(input.node)).find((node) => node?.op === op);
    if (!found?.inputs[0]) throw odd(`its variable "${merge.name}" has no ${op}`);
    return found;
  };
  const starts = merges.map((merge) => inputOf(merge, "Enter"));
  const variableOf = new Map(merges.map((merge) => [merge.name, merge]));
  for (const node of members) {
    if (node.op !== "Switch" || node.inputs.length !== 2) continue;
    const merge = variableOf.get(through(node.inputs[0]!, nodes).node);
    if (merge && through(node.inputs[1]!, nodes).node === condition.name) variableOf.set(node.name, merge);
  }
  for (const enter of frame.enters) {
    if (!starts.includes(enter) && !attributesOf(enter).bool("is_constant", false)) {
      throw odd(`what enters by "${enter.name}" is there in the first iteration alone`);
    }
  }

  // What comes from outside is read by its Enter or, as TensorFlow.js allows, without one.
  const outside = new Arguments();
  const entrances = new Map(frame.enters.map((enter) => [enter.name, enter]));
  const argument = (reference: TensorReference): Argument | undefined => {
    const variable = variableOf.get(reference.node);
    if (variable) return { name: variable.name, source: { node: variable.name, index: 0 } };
    const enter = entrances.get(reference.node);
    if (!enter && frame.members.has(reference.node)) return undefined;
    return outside.of(enter?.inputs[0] ?? reference);
  };
  const cond = extract(nodes, [condition.inputs[0]], argument);
  const body = extract(
    nodes,
    merges.map((merge) => inputOf(merge, "NextIteration").inputs[0]!),
    argument,
  );
  const inputs = [...merges, ...outside.all].map(({ name }) => ({ name, dtype: undefined }));
  const add = (wish: string, part: Pick<FunctionDef, "nodes" | "results">): string => {
    const name = freeName(functions, `${frame.name}/${wish}`);
    functions.set(name, { name, inputs, ...part });
    return name;
  };
  const names = {
    cond: add("cond", cond),
    body: add("body", {
      nodes: body.nodes,
      results: [...body.results, ...outside.all.map(({ name }) => ({ node: name, index: 0 }))],
    }),
  };

  const loop: NodeDef = {
    name: freeName(nodes, `${frame.name}/While`),
    op: "While",
    inputs: [...starts.map((enter) => enter.inputs[0]!), ...outside.all.map(({ source }) => source)],
    attributes: { cond: { func: { name: names.cond } }, body: { func: { name: names.body } } },
  };
  for (const node of members) {
    if (!isExit(node)) {
      nodes.delete(node.name);
      continue;
    }
    const last = node.inputs[0] && through(node.inputs[0], nodes);
    const variable = last && variableOf.get(last.node);
    if (!variable || last.index !== 0) throw odd(`what leaves by "${node.name}" is none of its variables`);
    nodes.set(node.name, {
      ...node,
      op: "Identity",
      inputs: [{ node: loop.name, index: merges.indexOf(variable) }],
      attributes: {},
    });
  }
  nodes.set(loop.name, loop);
}
