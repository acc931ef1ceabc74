import { invalid, type NodeDef, type TensorReference } from "./graph-def.js";

/** Cutting pieces out of a graph's nodes, as functions. */

type Nodes = Map<string, NodeDef>;

/** What a piece reads from outside, under a name of its own. */
export interface Argument {
  name: string;
  source: TensorReference;
}

export const keyOf = ({ node, index }: TensorReference) => `${node}:${index}`;

/** The arguments of a piece: one for each tensor outside that it reads. */
export class Arguments {
  readonly #byTensor = new Map<string, Argument>();

  get all(): Argument[] {
    return [...this.#byTensor.values()];
  }

  of(source: TensorReference): Argument {
    const key = keyOf(source);
    const argument = this.#byTensor.get(key) ?? { name: `${source.node}/outside_${source.index}`, source };
    this.#byTensor.set(key, argument);
    return argument;
  }
}

export function consumersOf(nodes: Nodes): Map<string, NodeDef[]> {
  const consumers = new Map<string, NodeDef[]>();
  for (const node of nodes.values()) {
    for (const { node: name } of node.inputs) {
      const list = consumers.get(name);
      if (list) list.push(node);
      else consumers.set(name, [node]);
    }
  }
  return consumers;
}

/** Names of all nodes that depend on some, which are among them; nothing is followed beyond nodes that `ends` names. */
export function reach(
  from: NodeDef[],
  consumers: Map<string, NodeDef[]>,
  ends: (node: NodeDef) => boolean = () => false,
): Set<string> {
  const found = new Set<string>();
  const open = [...from];
  for (let node = open.pop(); node; node = open.pop()) {
    if (found.has(node.name)) continue;
    found.add(node.name);
    if (!ends(node)) open.push(...(consumers.get(node.name) ?? []));
  }
  return found;
}

/** The tensor that a reference stands for, seen through nodes that hand it on. */
export function through(reference: TensorReference, nodes: Nodes): TensorReference {
  const seen = new Set<string>();
  let found = reference;
  for (let node = nodes.get(found.node); node?.op === "Identity" && node.inputs[0]; node = nodes.get(found.node)) {
    if (seen.has(node.name)) throw invalid(`node "${node.name}" reads what it makes itself`);
    seen.add(node.name);
    found = node.inputs[0];
  }
  return found;
}

/**
 * The nodes that some tensors need, as those of a function: wherever `argument` names one, the function reads its
 * argument and nothing beyond.
 */
export function extract(
  nodes: Nodes,
  results: TensorReference[],
  argument: (reference: TensorReference) => Argument | undefined,
): { nodes: Nodes; results: TensorReference[] } {
  const taken: Nodes = new Map();
  const open: NodeDef[] = [];
  const follow = (reference: TensorReference): TensorReference => {
    const cut = argument(reference);
    if (cut) return { node: cut.name, index: 0 };
    const node = nodes.get(reference.node);
    if (!node) throw invalid(`"${reference.node}" does not exist`);
    if (!taken.has(node.name)) {
      taken.set(node.name, node);
      open.push(node);
    }
    return reference;
  };
  const made = results.map(follow);
  for (let node = open.pop(); node; node = open.pop()) {
    taken.set(node.name, { ...node, inputs: node.inputs.map(follow) });
  }
  return { nodes: taken, results: made };
}

export function freeName(taken: ReadonlyMap<string, unknown>, wish: string): string {
  let name = wish;
  for (let i = 1; taken.has(name); i++) name = `${wish}_${i}`;
  return name;
}
