import { ShowtellError } from "../../errors/index.js";
import { type AttributeValue, attributesOf } from "./attributes.js";
import { DOMAIN_VERSIONS, domainOf } from "./domains.js";
import { type Contents, contentsOf, inferContents, inferTypes } from "./infer/index.js";
import { Names } from "./names.js";
import { int64 } from "./tensor.js";
import type { Attribute, Dim, DType, Graph, Node, Tensor, TensorType } from "./types.js";

/** A tensor of a graph that is being built. Its name is a wish until the graph is finished. */
export interface Value {
  /** Wished name. */
  name: string;
  dtype: DType;
  shape: Dim[];
  /** Set for constants. */
  constant?: Tensor;
  /** What is known of the numbers in a shape or an index that the graph computes. */
  contents?: Contents;
  /** What it is where it is no tensor, such as `a list of tensors`: no node can read it. */
  readonly handle?: string;
}

/** The body of an If, Loop or Scan, as it is being built. Made by `GraphBuilder.body`. */
export interface Body {
  readonly builder: GraphBuilder;
  readonly name: string;
  readonly outputs: Value[];
}

interface Step {
  scope: string;
  doc?: string;
  op: string;
  inputs: (Value | undefined)[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
  bodies: Record<string, Body>;
}

/** What a graph and the bodies within it share while names are given: a name is used once in all of them. */
interface Naming {
  names: Names;
  nodeNames: Names;
  named: Map<Value, string>;
  /** Constants of all bodies stand in the outermost graph, where every body sees them. */
  constants: Map<string, Tensor>;
  /** Versions of the operator sets in use besides ONNX's own. */
  domains: Record<string, number>;
}

/** Larger graphs are taken for models without end: the largest networks that are known have some tens of thousands. */
const MOST_NODES = 2 ** 18;

/**
 * Builds a graph node by node; types are inferred as it grows. Nodes and tensors are named after the scope (the layer
 * or node of the source) in which they are made.
 */
export class GraphBuilder {
  readonly opset: number;
  readonly #steps: Step[] = [];
  readonly #inputs: Value[] = [];
  /** Shared with the bodies: names that symbols are made of, as one stands for the same number in all of them. */
  #labels = new Names();
  /** Shared with the bodies. */
  #makers = new WeakMap<Value, Step>();
  /** Nodes of the graph and of all its bodies. */
  #count = { nodes: 0 };
  #scope = "";
  #doc?: string;

  constructor(opset: number) {
    this.opset = opset;
  }

  /** Runs `make` with names below `scope`; the nodes carry `doc` as their doc string. */
  within<T>(scope: string, make: () => T, doc?: string): T {
    const outer = { scope: this.#scope, doc: this.#doc };
    this.#scope = scope;
    this.#doc = doc;
    try {
      return make();
    } finally {
      this.#scope = outer.scope;
      this.#doc = outer.doc;
    }
  }

  input(name: string, dtype: DType, shape: Dim[]): Value {
    const value = { name, dtype, shape };
    this.#inputs.push(value);
    return value;
  }

  constant(tensor: Tensor, name = "constant"): Value {
    return { name: this.#scoped(name), dtype: tensor.dtype, shape: tensor.shape, constant: tensor };
  }

  /** A symbol for an extent that is known at run time alone; no other extent has it. */
  symbol(wish: string): string {
    return this.#labels.unique(this.#scoped(wish));
  }

  /** The node that makes a tensor; undefined for constants and inputs. */
  maker(value: Value): { op: string; inputs: readonly (Value | undefined)[] } | undefined {
    return this.#makers.get(value);
  }

  /** Adds a node of one output. */
  add(op: string, inputs: (Value | undefined)[], attributes: Record<string, AttributeValue> = {}): Value {
    return this.addMany(op, inputs, 1, attributes)[0]!;
  }

  /** Adds a node of several outputs. */
  addMany(
    op: string,
    inputs: (Value | undefined)[],
    outputs: number,
    attributes: Record<string, AttributeValue> = {},
  ): Value[] {
    const typed = attributesOf(attributes);
    const name = this.#scoped(op);
    this.#refuseHandles(op, inputs);
    const context = {
      node: { op, name: this.symbol(op), attributes: typed, inputs: inputs.map((input) => input?.name ?? "") },
      types: inputs,
      constants: inputs.map((input) => input?.constant),
      contents: inputs.map((input) => input?.contents ?? contentsOf(input?.constant)),
      outputs,
    };
    const types = inferTypes(context);
    const values = Array.from({ length: outputs }, (_, i): Value => {
      const type = types[i];
      if (!type) throw new ShowtellError("CONVERT_UNSUPPORTED", `The shape of ${op} "${name}" cannot be told.`);
      return { name: i === 0 ? name : `${name}:${i}`, dtype: type.dtype, shape: type.shape };
    });
    const contents = outputs === 1 ? inferContents(context, values[0]!) : undefined;
    if (contents?.every((dim) => typeof dim === "number")) {
      const { shape, dtype } = values[0]!;
      const data = dtype === "int64" ? int64(contents).data : Int32Array.from(contents);
      return [{ ...values[0]!, constant: { dtype, shape: shape as number[], data } }];
    }
    values[0]!.contents = contents;
    this.#push(op, inputs, values, typed, {});
    return values;
  }

  /**
   * Builds the body of an If, Loop or Scan. `make` gets a builder of its own: what it takes in by `input` are the body's
   * inputs, and its nodes may read values of this graph as well.
   */
  body(name: string, make: (b: GraphBuilder) => Value[]): Body {
    const builder = new GraphBuilder(this.opset);
    builder.#labels = this.#labels;
    builder.#makers = this.#makers;
    builder.#count = this.#count;
    builder.#scope = this.#scope;
    builder.#doc = this.#doc;
    return { builder, name, outputs: make(builder) };
  }

  /** Adds a node with bodies, whose output types the caller knows. */
  addWithBodies(
    op: string,
    inputs: (Value | undefined)[],
    bodies: Record<string, Body>,
    outputs: TensorType[],
    attributes: Record<string, AttributeValue> = {},
  ): Value[] {
    const name = this.#scoped(op);
    const values = outputs.map(
      ({ dtype, shape }, i): Value => ({ name: i === 0 ? name : `${name}:${i}`, dtype, shape }),
    );
    this.#refuseHandles(op, inputs);
    this.#push(op, inputs, values, attributesOf(attributes), bodies);
    return values;
  }

  /** Finishes the graph: names become unique; those of inputs, outputs and kept tensors are exact. */
  finish(
    name: string,
    outputs: { name: string; value: Value }[],
    details: Pick<Graph, "doc" | "metadata"> & { kept?: { name: string; value: Value }[] },
  ): Graph {
    const naming: Naming = {
      names: new Names(),
      nodeNames: new Names(),
      named: new Map(),
      constants: new Map(),
      domains: {},
    };
    for (const input of this.#inputs) naming.named.set(input, naming.names.exact(input.name, "input"));
    for (const output of outputs) {
      this.#refuseHandles(`Output "${output.name}"`, [output.value]);
      const taken = naming.named.has(output.value) || output.value.constant !== undefined;
      const value = taken ? this.#copy(output.value) : output.value;
      naming.named.set(value, naming.names.exact(output.name, "output"));
      output.value = value;
    }
    const kept = new Set<string>();
    for (const { name: wish, value } of details.kept ?? []) {
      if (!naming.named.has(value)) naming.named.set(value, naming.names.exact(wish, "tensor"));
      kept.add(naming.named.get(value)!);
    }
    const graph = this.#emit(
      name,
      outputs.map(({ value }) => value),
      naming,
    );
    for (const [constant, tensor] of naming.constants) {
      graph.initializers.set(constant, tensor);
      graph.types.set(constant, { dtype: tensor.dtype, shape: tensor.shape });
    }
    return { ...graph, ...details, domains: naming.domains, kept };
  }

  /** Writes the steps out under their final names. */
  #emit(name: string, outputs: Value[], naming: Naming): Graph {
    const types = new Map<string, TensorType>();
    const nameOf = (value: Value) => {
      const found = naming.named.get(value) ?? naming.names.unique(value.name);
      naming.named.set(value, found);
      if (value.constant) naming.constants.set(found, value.constant);
      return found;
    };
    const typed = (value: Value) => {
      const found = nameOf(value);
      types.set(found, { dtype: value.dtype, shape: value.shape });
      return found;
    };
    const inputs = this.#inputs.map((value) => ({ name: typed(value), dtype: value.dtype, shape: value.shape }));
    const nodes = this.#steps.map((step): Node => {
      const read = step.inputs.map((value) => (value ? nameOf(value) : ""));
      const attributes = { ...step.attributes };
      for (const [key, body] of Object.entries(step.bodies)) {
        attributes[key] = { type: "graph", value: body.builder.#emitBody(body, naming) };
      }
      const domain = domainOf(step.op);
      if (domain !== "") naming.domains[domain] = DOMAIN_VERSIONS[domain]!;
      return {
        name: naming.nodeNames.unique(step.scope ? `${step.scope}/${step.op}` : step.op),
        op: step.op,
        domain,
        inputs: read,
        outputs: step.outputs.map(typed),
        attributes,
        doc: step.doc,
      };
    });
    return {
      name,
      doc: undefined,
      opset: this.opset,
      domains: {},
      inputs,
      outputs: outputs.map((value) => ({ name: nameOf(value), dtype: value.dtype, shape: value.shape })),
      nodes,
      initializers: new Map(),
      types,
      kept: new Set(),
      metadata: {},
    };
  }

  /** A body's outputs must be made by its own nodes, each by one. */
  #emitBody({ name, outputs }: Body, naming: Naming): Graph {
    const made = new Set(this.#steps.flatMap((step) => step.outputs));
    const own = outputs.map((value) => {
      return made.delete(value) ? value : this.#copy(value);
    });
    return this.#emit(name, own, naming);
  }

  /** The tensor as one that a node makes, also where it is constant. */
  #copy(value: Value): Value {
    return this.addWithBodies("Identity", [value], {}, [value])[0]!;
  }

  #push(
    op: string,
    inputs: (Value | undefined)[],
    outputs: Value[],
    attributes: Record<string, Attribute>,
    bodies: Record<string, Body>,
  ): void {
    if (++this.#count.nodes > MOST_NODES) {
      throw new ShowtellError("CONVERT_UNSUPPORTED", `The graph would have more than ${MOST_NODES} nodes.`);
    }
    const step = { scope: this.#scope, doc: this.#doc, op, inputs, outputs, attributes, bodies };
    this.#steps.push(step);
    for (const output of outputs) this.#makers.set(output, step);
  }

  #refuseHandles(reader: string, inputs: (Value | undefined)[]): void {
    const handle = inputs.find((input) => input?.handle !== undefined)?.handle;
    if (handle === undefined) return;
    const where = this.#scope ? ` of node "${this.#scope}"` : "";
    throw new ShowtellError("CONVERT_UNSUPPORTED", `${reader}${where} would read ${handle}, which is no tensor.`);
  }

  #scoped(name: string): string {
    return this.#scope ? `${this.#scope}/${name}` : name;
  }
}
