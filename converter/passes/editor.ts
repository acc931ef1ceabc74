import { type AttributeValue, attributesOf } from "../graph/attributes.js";
import { inferTypes } from "../graph/infer/index.js";
import { Names } from "../graph/names.js";
import {
  type Attribute,
  bodies,
  type Graph,
  type Node,
  outerReads,
  type Tensor,
  type TensorType,
} from "../graph/types.js";
import { removeDeadCode } from "./dead-code.js";
import { passing, tensorNames } from "./names.js";
import { sortNodes } from "./sort.js";

/**
 * A graph that is being rewritten: who makes a tensor, who reads it, and the changes that keep both true. Nodes may
 * stand in any order until `finish`.
 */
export class GraphEditor {
  readonly graph: Graph;
  readonly #nodes = new Set<Node>();
  readonly #producers = new Map<string, Node>();
  readonly #consumers = new Map<string, Set<Node>>();
  /** Tensors whose names are seen from outside: outputs, kept ones, and what body graphs read. */
  readonly #pinned: Set<string>;
  readonly #names: Names;
  readonly #nodeNames: Names;

  constructor(graph: Graph) {
    this.graph = graph;
    for (const node of graph.nodes) this.#enter(node);
    this.#pinned = new Set([...graph.outputs.map((output) => output.name), ...graph.kept]);
    for (const body of graph.nodes.flatMap(bodies)) for (const name of outerReads(body)) this.#pinned.add(name);
    this.#names = new Names([...tensorNames(graph), ...this.#pinned]);
    this.#nodeNames = new Names(graph.nodes.map((node) => node.name));
  }

  /** The nodes as they stand now; changes while walking do not disturb. */
  nodes(): Node[] {
    return [...this.#nodes];
  }

  has(node: Node): boolean {
    return this.#nodes.has(node);
  }

  producer(name: string): Node | undefined {
    return this.#producers.get(name);
  }

  consumers(name: string): Node[] {
    return [...(this.#consumers.get(name) ?? [])];
  }

  constant(name: string | undefined): Tensor | undefined {
    return name ? this.graph.initializers.get(name) : undefined;
  }

  type(name: string): TensorType | undefined {
    return this.graph.types.get(name);
  }

  isPinned(name: string): boolean {
    return this.#pinned.has(name);
  }

  /** Whether the tensor is an output of the graph, or kept. */
  isResult(name: string): boolean {
    return this.graph.kept.has(name) || this.graph.outputs.some((output) => output.name === name);
  }

  isInput(name: string): boolean {
    return this.graph.inputs.some((input) => input.name === name);
  }

  /** Whether one node alone reads the tensor, and nobody outside. */
  isOnlyFor(name: string, node: Node): boolean {
    const readers = this.#consumers.get(name);
    return !this.#pinned.has(name) && readers?.size === 1 && readers.has(node);
  }

  addConstant(tensor: Tensor, wish: string): string {
    const name = passing(this.#names, wish);
    this.graph.initializers.set(name, tensor);
    this.graph.types.set(name, { dtype: tensor.dtype, shape: tensor.shape });
    return name;
  }

  /**
   * Adds a node of one output.
   * @param output name of the tensor that it makes; a new one by default
   */
  add(
    op: string,
    inputs: string[],
    attributes: Record<string, AttributeValue>,
    names: { node: string; output?: string },
  ): string {
    const node: Node = {
      name: this.#nodeNames.unique(names.node),
      op,
      domain: "",
      inputs,
      outputs: [names.output ?? passing(this.#names, names.node)],
      attributes: attributesOf(attributes),
    };
    this.#enter(node);
    this.retype(node);
    return node.outputs[0]!;
  }

  /** Gives a node other inputs or attributes in its place; its outputs keep their names. */
  change(node: Node, changes: { inputs?: string[]; attributes?: Record<string, Attribute> }): void {
    if (changes.inputs) {
      for (const name of node.inputs) this.#consumers.get(name)?.delete(node);
      node.inputs = changes.inputs;
      for (const name of node.inputs) this.#consume(name, node);
    }
    if (changes.attributes) node.attributes = changes.attributes;
    this.retype(node);
  }

  /** The node makes a new tensor instead of `name`, which is then free for another to make. Returns the new name. */
  freeOutput(node: Node, index = 0): string {
    const old = node.outputs[index]!;
    const name = passing(this.#names, old);
    node.outputs[index] = name;
    this.#producers.delete(old);
    this.#producers.set(name, node);
    return name;
  }

  /** Infers the types of a node's outputs once more. */
  retype(node: Node): void {
    if (node.domain !== "") return;
    const types = inferTypes({
      node,
      types: node.inputs.map((name) => this.graph.types.get(name)),
      constants: node.inputs.map((name) => this.constant(name)),
      outputs: node.outputs.length,
    });
    node.outputs.forEach((name, i) => {
      const type = types[i];
      if (type && name) this.graph.types.set(name, type);
    });
  }

  /**
   * Everyone who reads `old` reads `replacement` instead, and the node that made `old` goes. Where `old` is seen from
   * outside, the maker of `replacement` takes over its name; returns false, and changes nothing, where that cannot be.
   */
  bypass(node: Node, replacement: string): boolean {
    const old = node.outputs[0]!;
    if (node.outputs.length !== 1) return false;
    if (this.#pinned.has(old)) {
      const maker = this.#producers.get(replacement);
      if (!maker || this.#pinned.has(replacement)) return false;
      const type = this.graph.types.get(replacement);
      this.remove(node);
      maker.outputs[maker.outputs.indexOf(replacement)] = old;
      this.#producers.delete(replacement);
      this.#producers.set(old, maker);
      if (type) this.graph.types.set(old, type);
      this.#redirect(replacement, old);
      return true;
    }
    this.remove(node);
    this.#redirect(old, replacement);
    return true;
  }

  remove(node: Node): void {
    this.#nodes.delete(node);
    for (const name of node.inputs) this.#consumers.get(name)?.delete(node);
    for (const name of node.outputs) if (this.#producers.get(name) === node) this.#producers.delete(name);
  }

  /** Puts the nodes into an order in which they can run and drops what nothing needs. */
  finish(): void {
    this.graph.nodes = [...this.#nodes];
    removeDeadCode(this.graph);
    sortNodes(this.graph);
  }

  #redirect(from: string, to: string): void {
    for (const reader of this.consumers(from)) {
      reader.inputs = reader.inputs.map((name) => (name === from ? to : name));
      this.#consume(to, reader);
    }
    this.#consumers.delete(from);
  }

  #enter(node: Node): void {
    this.#nodes.add(node);
    for (const name of node.outputs) if (name) this.#producers.set(name, node);
    for (const name of node.inputs) this.#consume(name, node);
  }

  #consume(name: string, node: Node): void {
    if (name === "") return;
    const readers = this.#consumers.get(name);
    if (readers) readers.add(node);
    else this.#consumers.set(name, new Set([node]));
  }
}
