import { ShowtellError } from "../../errors/index.js";
import { type AttributeValue, attributesOf } from "./attributes.js";
import { inferTypes } from "./infer/index.js";
import { Names } from "./names.js";
import type { Attribute, Dim, DType, Graph, Tensor, TensorType } from "./types.js";

/** A tensor of a graph that is being built. Its name is a wish until the graph is finished. */
export interface Value {
  /** Wished name. */
  name: string;
  dtype: DType;
  shape: Dim[];
  /** Set for constants. */
  constant?: Tensor;
}

interface Step {
  scope: string;
  doc?: string;
  op: string;
  inputs: (Value | undefined)[];
  outputs: Value[];
  attributes: Record<string, Attribute>;
}

/**
 * Builds a graph node by node; types are inferred as it grows. Nodes and tensors are named after the scope (the layer
 * or node of the source) in which they are made.
 */
export class GraphBuilder {
  readonly opset: number;
  readonly #steps: Step[] = [];
  readonly #inputs: Value[] = [];
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
    const types = inferTypes({
      node: { op, name, attributes: typed, inputs: inputs.map((input) => input?.name ?? "") },
      types: inputs,
      constants: inputs.map((input) => input?.constant),
      outputs,
    });
    const values = Array.from({ length: outputs }, (_, i): Value => {
      const type = types[i];
      if (!type) throw new ShowtellError("CONVERT_UNSUPPORTED", `The shape of ${op} "${name}" cannot be told.`);
      return { name: i === 0 ? name : `${name}:${i}`, dtype: type.dtype, shape: type.shape };
    });
    this.#steps.push({ scope: this.#scope, doc: this.#doc, op, inputs, outputs: values, attributes: typed });
    return values;
  }

  /** Finishes the graph: names become unique; those of inputs, outputs and kept tensors are exact. */
  finish(
    name: string,
    outputs: { name: string; value: Value }[],
    details: Pick<Graph, "doc" | "metadata"> & { kept?: { name: string; value: Value }[] },
  ): Graph {
    const names = new Names();
    const named = new Map<Value, string>();
    for (const input of this.#inputs) named.set(input, names.exact(input.name, "input"));
    for (const output of outputs) {
      const taken = named.has(output.value) || output.value.constant !== undefined;
      const value = taken ? this.add("Identity", [output.value]) : output.value;
      named.set(value, names.exact(output.name, "output"));
      output.value = value;
    }
    const kept = new Set<string>();
    for (const { name: wish, value } of details.kept ?? []) {
      if (!named.has(value)) named.set(value, names.exact(wish, "tensor"));
      kept.add(named.get(value)!);
    }
    const graph: Graph = {
      name,
      doc: details.doc,
      opset: this.opset,
      domains: {},
      inputs: this.#inputs.map((value) => ({ name: named.get(value)!, dtype: value.dtype, shape: value.shape })),
      outputs: outputs.map(({ value }) => ({ name: named.get(value)!, dtype: value.dtype, shape: value.shape })),
      nodes: [],
      initializers: new Map(),
      types: new Map<string, TensorType>(),
      kept,
      metadata: details.metadata,
    };
    const nodeNames = new Names();
    const nameOf = (value: Value) => {
      const found = named.get(value) ?? names.unique(value.name);
      named.set(value, found);
      return found;
    };
    for (const step of this.#steps) {
      const inputs = step.inputs.map((value) => {
        if (!value) return "";
        const found = nameOf(value);
        if (value.constant) graph.initializers.set(found, value.constant);
        return found;
      });
      const written = step.outputs.map(nameOf);
      graph.nodes.push({
        name: nodeNames.unique(step.scope ? `${step.scope}/${step.op}` : step.op),
        op: step.op,
        domain: "",
        inputs,
        outputs: written,
        attributes: step.attributes,
        doc: step.doc,
      });
    }
    for (const [value, found] of named) graph.types.set(found, { dtype: value.dtype, shape: value.shape });
    return graph;
  }

  #scoped(name: string): string {
    return this.#scope ? `${this.#scope}/${name}` : name;
  }
}
