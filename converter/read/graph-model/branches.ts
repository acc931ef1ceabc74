import type { GraphDef, NodeDef, TensorReference } from "./graph-def.js";
import { type Argument, Arguments, consumersOf, extract, freeName, keyOf, reach, through } from "./subgraph.js";

type Nodes = Map<string, NodeDef>;

/** A condition, by the tensor that holds it, and the branch of it in which something is computed. */
type Conditions = Map<string, number>;

/** A Merge whose inputs come from the two branches of one condition. */
interface Join {
  merge: NodeDef;
  /** The tensor of the false branch, then that of the true one. */
  ends: [TensorReference, TensorReference];
  condition: string;
  /** The conditions around it, and their branches. */
  around: string[];
}

/**
 * Writes the conditionals of TensorFlow 1 (Switch, Merge) as If with functions for the branches, from the innermost out.
 * Changes both maps in place.
 */
export function rewriteBranches(nodes: Nodes, functions: GraphDef["functions"], warn: (message: string) => void): void {
  for (let merges = readyMerges(nodes); merges.length > 0; merges = readyMerges(nodes)) {
    const joins = merges.flatMap((merge) => joinAt(merge, nodes, warn) ?? []);
    // The innermost first: then all results of a conditional around them are ready at once, and share one If.
    const depth = Math.max(...joins.map(({ around }) => around.length));
    const groups = new Map<string, Join[]>();
    for (const join of joins.filter(({ around }) => around.length === depth)) {
      const key = [join.condition, ...join.around].join();
      groups.set(key, [...(groups.get(key) ?? []), join]);
    }
    for (const group of groups.values()) rewrite(group, nodes, functions);
  }
}

/** Merges that depend on no other. Those that wait for each other stand in a circle, which is found where they are read. */
function readyMerges(nodes: Nodes): NodeDef[] {
  const merges = [...nodes.values()].filter((node) => node.op === "Merge" && node.inputs.length > 0);
  const consumers = consumersOf(nodes);
  const waiting = reach(
    merges.flatMap((merge) => consumers.get(merge.name) ?? []),
    consumers,
  );
  return merges.filter((merge) => !waiting.has(merge.name));
}

/** The conditions under which a tensor is there at all. */
function conditionsOf(reference: TensorReference, nodes: Nodes): Conditions {
  const found: Conditions = new Map();
  const seen = new Set<string>();
  const open = [reference];
  for (let at = open.pop(); at; at = open.pop()) {
    if (seen.has(keyOf(at))) continue;
    seen.add(keyOf(at));
    const node = nodes.get(at.node);
    if (node?.op === "Switch" && node.inputs[1]) found.set(keyOf(through(node.inputs[1], nodes)), at.index);
    open.push(...(node?.inputs ?? []));
  }
  return found;
}

/** What a Merge joins. One that waits for no condition hands on its input, and becomes an Identity at once. */
function joinAt(merge: NodeDef, nodes: Nodes, warn: (message: string) => void): Join | undefined {
  const [left, right] = merge.inputs;
  const conditions = merge.inputs.map((input) => conditionsOf(input, nodes));
  const decisive = [...conditions[0]!].find(([key, branch]) => (conditions[1]?.get(key) ?? branch) !== branch);
  if (left && right && decisive && merge.inputs.length === 2) {
    const [condition, branch] = decisive;
    const shared = [...conditions[0]!].filter(([key]) => key !== condition && conditions[1]!.has(key));
    const ends: Join["ends"] = branch === 0 ? [left, right] : [right, left];
    return { merge, ends, condition, around: shared.map(String).sort() };
  }
  const weakest = conditions.indexOf(conditions.reduce((least, next) => (next.size < least.size ? next : least)));
  if (merge.inputs.length > 1) {
    warn(
      `Node "${merge.name}" (Merge) hands on "${merge.inputs[weakest]!.node}" whatever its condition, as in TensorFlow.js.`,
    );
  }
  nodes.set(merge.name, { ...merge, op: "Identity", inputs: [merge.inputs[weakest]!], attributes: {} });
  return undefined;
}

function rewrite(group: Join[], nodes: Nodes, functions: GraphDef["functions"]): void {
  const { condition } = group[0]!;
  const switches = [...nodes.values()].filter(
    (node) => node.op === "Switch" && node.inputs[1] && keyOf(through(node.inputs[1], nodes)) === condition,
  );
  const within = reach(switches, consumersOf(nodes));
  const cuts = new Map(switches.map((node) => [node.name, node.inputs[0]!]));
  const outside = new Arguments();
  const argument = (reference: TensorReference): Argument | undefined => {
    const cut = cuts.get(reference.node);
    return cut || !within.has(reference.node) ? outside.of(cut ?? reference) : undefined;
  };
  const branches = [0, 1].map((branch) =>
    extract(
      nodes,
      group.map(({ ends }) => ends[branch]!),
      argument,
    ),
  );
  const inputs = outside.all.map(({ name }) => ({ name, dtype: undefined }));
  const scope = group[0]!.merge.name;
  const [otherwise, then] = branches.map((part, branch) => {
    const name = freeName(functions, `${scope}/${branch === 1 ? "then" : "else"}`);
    functions.set(name, { name, inputs, ...part });
    return { func: { name } };
  });
  const node: NodeDef = {
    name: freeName(nodes, `${scope}/If`),
    op: "If",
    inputs: [through(switches[0]!.inputs[1]!, nodes), ...outside.all.map(({ source }) => source)],
    attributes: { then_branch: then, else_branch: otherwise },
  };
  nodes.set(node.name, node);
  group.forEach(({ merge }, index) => {
    nodes.set(merge.name, { ...merge, op: "Identity", inputs: [{ node: node.name, index }], attributes: {} });
  });
}
