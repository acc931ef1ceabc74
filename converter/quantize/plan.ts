import { bodies, type Graph, type Node } from "../graph/types.js";
import type { GraphEditor } from "../passes/editor.js";
import { PRODUCTS, type Roles, rolesOf } from "./operators.js";

/** A node that will run on bytes. */
export interface Unit {
  node: Node;
  roles: Roles;
  /** A Relu or Clip behind it, which the limits of the bytes replace. */
  activation?: Node;
  /** Tensors that vary with the data, by their places among the node's inputs. */
  inputs: string[];
  /** What it gives, the activation included. */
  output: string;
}

/** What is quantised of a graph, in the order in which the nodes run. */
export interface Plan {
  units: Unit[];
  /** Tensors that are kept in bytes, with the axis along which weights sum them up. */
  tensors: Map<string, number | undefined>;
  /** Multiplications, and other nodes that were to, that stay in float32, and why. */
  left: { node: string; op: string; reason: string }[];
}

/**
 * Decides which nodes run on bytes: every multiplication with constant weights, and what lies between these (pools, sums,
 * changes of shape) where that saves a way to float32 and back.
 * @param inFloat names of nodes that are to stay in float32, and why
 */
export function planQuantization(editor: GraphEditor, inFloat: ReadonlyMap<string, string> = new Map()): Plan {
  const left: Plan["left"] = [];
  const units = new Map<Node, Unit>();
  for (const node of editor.nodes()) {
    for (const inner of bodies(node).flatMap(productsIn)) {
      left.push({ node: inner.name, op: inner.op, reason: `it lies within the ${node.op} "${node.name}"` });
    }
    const why = inFloat.get(node.name);
    if (why !== undefined) {
      left.push({ node: node.name, op: node.op, reason: why });
      continue;
    }
    const roles = rolesOf(node, {
      constant: (name) => editor.constant(name),
      type: (name) => editor.type(name),
    });
    if (roles) units.set(node, unitOf(editor, node, roles));
    else if (PRODUCTS.has(node.op)) left.push({ node: node.name, op: node.op, reason: NO_CONSTANTS });
  }
  dropIslands(editor, units);
  return { units: [...units.values()], tensors: tensorsOf(editor, units), left };
}

const NO_CONSTANTS = "its weights or its bias are no constants of a kind that int8 takes";

function productsIn(body: Graph): Node[] {
  return body.nodes.flatMap((node) => (PRODUCTS.has(node.op) ? [node] : bodies(node).flatMap(productsIn)));
}

function unitOf(editor: GraphEditor, node: Node, roles: Roles): Unit {
  const [own] = node.outputs as [string];
  const inputs = roles.activations.map((place) => node.inputs[place]!);
  const [next] = editor.consumers(own);
  const activation =
    roles.kind !== "move" && next && editor.isOnlyFor(own, next) && isBound(editor, next) ? next : undefined;
  return { node, roles, activation, inputs, output: activation?.outputs[0] ?? own };
}

/** A Relu, or a Clip between constants of which zero is neither below nor above: a range that it gives ends there. */
function isBound(editor: GraphEditor, node: Node): boolean {
  if (node.domain !== "" || editor.type(node.outputs[0]!)?.dtype !== "float32") return false;
  if (node.op === "Relu") return true;
  if (node.op !== "Clip") return false;
  const [low, high] = [1, 2].map((place) => {
    const name = node.inputs[place];
    return name ? Number(editor.constant(name)?.data[0] ?? Number.NaN) : undefined;
  });
  return (low ?? 0) <= 0 && (high ?? 0) >= 0;
}

/** Takes out nodes that multiply nothing and have a neighbour in float32: bytes would only cost digits there. */
function dropIslands(editor: GraphEditor, units: Map<Node, Unit>): void {
  for (let changed = true; changed; ) {
    changed = false;
    const made = new Map([...units.values()].map((unit) => [unit.output, unit]));
    const inBytes = (node: Node) => units.has(node);
    /** Whether a tensor comes out of arithmetic on bytes, and was not brought to bytes to be moved alone. */
    const computed = (name: string): boolean => {
      const unit = made.get(name);
      return unit !== undefined && (unit.roles.kind !== "move" || computed(unit.inputs[0]!));
    };
    for (const { node, roles, inputs, output } of [...units.values()].reverse()) {
      if (roles.kind === "product") continue;
      const readers = editor.consumers(output);
      const early = inputs.every(computed);
      // What hands numbers on may also stand before the first multiplication: it then moves a quarter of the bytes.
      const moved = roles.kind === "move" && !editor.isPinned(output) && readers.every(inBytes);
      const sound = readers.some(inBytes) && (early || moved);
      if (sound) continue;
      units.delete(node);
      made.delete(output);
      changed = true;
    }
  }
}

function tensorsOf(editor: GraphEditor, units: Map<Node, Unit>): Plan["tensors"] {
  const tensors: Plan["tensors"] = new Map();
  for (const { roles, inputs, output, activation } of units.values()) {
    for (const name of inputs) tensors.set(name, roles.summed ?? tensors.get(name));
    const readers = editor.consumers(output);
    // An activation behind a product is done by the limits of its bytes: onnxruntime would fuse it with float arithmetic.
    if (!roles.floatOutput || activation || readers.some((node) => units.has(node)))
      tensors.set(output, tensors.get(output));
  }
  return tensors;
}
