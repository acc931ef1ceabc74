import { ShowtellError } from "../../../errors/index.js";
import { isComplex } from "../../emit/complex.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { contentsOf } from "../../graph/infer/index.js";
import { toNumbers } from "../../graph/tensor.js";
import type { Tensor } from "../../graph/types.js";
import { attempt } from "../attempt.js";
import { type GraphDef, invalid, type NodeDef, type TensorReference } from "./graph-def.js";
import { NodeAttributes } from "./node-attributes.js";
import { type OperatorContext, operatorByName } from "./registry.js";

/** Reads a weight by name. */
export type FindWeight = (name: string) => Tensor | undefined;

/** Deeper nesting of functions is taken for recursion without end. */
const DEEPEST = 64;

/** A function is written out wherever it is called: more nodes written again are taken for a model without end. */
const MOST_AGAIN = 100_000;

/** Longer lists of axes, outputs and the like are taken for hostile. */
const MOST = 2 ** 16;

/** Turns the nodes of a GraphDef into ONNX nodes. */
export class GraphLowering {
  /** Bodies of loops may be lowered several times, until their shapes are found. */
  readonly #lowered = new Set<NodeDef>();
  readonly #named = new WeakSet<Value>();
  #depth = 0;
  #again = 0;

  constructor(
    private readonly graph: GraphDef,
    private readonly weight: FindWeight,
    private readonly warnings: string[],
  ) {}

  /** How many nodes of the model were lowered. */
  get lowered(): number {
    return this.#lowered.size;
  }

  /**
   * Lowers what `results` need.
   * @param given values of nodes that are not lowered: placeholders, function arguments, nodes fed from outside
   */
  nodes(
    b: GraphBuilder,
    nodes: Map<string, NodeDef>,
    results: TensorReference[],
    given: Map<string, Value[]>,
  ): Value[] {
    const values = new Map(given);
    for (const node of inOrder(nodes, results, given)) values.set(node.name, this.#lower(b, node, nodes, values));
    return results.map((result) => tensorOf(result, nodes, values));
  }

  #function(name: string, inputs: Value[], b: GraphBuilder): Value[] {
    const found = this.graph.functions.get(name);
    if (!found) throw invalid(`its library has no function "${name}"`);
    if (found.inputs.length !== inputs.length) {
      throw invalid(`function "${name}" takes ${found.inputs.length} inputs, it is given ${inputs.length}`);
    }
    if (this.#depth >= DEEPEST) throw invalid(`function "${name}" is nested more than ${DEEPEST} deep`);
    this.#depth += 1;
    try {
      const given = new Map(found.inputs.map((input, i) => [input.name, [inputs[i]!]]));
      return this.nodes(b, found.nodes, found.results, given);
    } finally {
      this.#depth -= 1;
    }
  }

  #lower(b: GraphBuilder, node: NodeDef, nodes: Map<string, NodeDef>, values: Map<string, Value[]>): Value[] {
    if (this.#lowered.has(node) && ++this.#again > MOST_AGAIN) {
      throw invalid(`its functions call each other until they have more than ${MOST_AGAIN} nodes`);
    }
    this.#lowered.add(node);
    if (node.op === "Const") return [this.#constant(b, node)];
    const inputs = node.inputs.map((reference) => tensorOf(reference, nodes, values));
    const context = this.#context(b, node, inputs);
    const registered = operatorByName(node.op);
    if (!registered) throw context.unsupported("this operator is not known (registerOperator adds one)");
    if (!registered.complex && inputs.some(isComplex)) throw context.unsupported("it computes with complex numbers");
    const outputs = b.within(node.name, () => attempt(() => registered.lower(context), context), node.op);
    const list = Array.isArray(outputs) ? outputs : [outputs];
    list.forEach((value, i) => {
      // Tensors that were there before keep the name of the node that made them.
      if (this.#named.has(value) || !b.maker(value)) return;
      this.#named.add(value);
      value.name = i === 0 ? node.name : `${node.name}:${i}`;
    });
    return list;
  }

  #constant(b: GraphBuilder, node: NodeDef): Value {
    const tensor = this.weight(node.name);
    if (!tensor) throw invalid(`the weights have no "${node.name}"`);
    return b.within(node.name, () => ({ ...b.constant(tensor), name: node.name }));
  }

  #context(b: GraphBuilder, { name, op, attributes }: NodeDef, inputs: Value[]): OperatorContext {
    const where = `Node "${name}" (${op})`;
    const unsupported = (reason: string) =>
      new ShowtellError("CONVERT_UNSUPPORTED", `${where} cannot be converted: ${reason}.`);
    const malformed = (reason: string) => new ShowtellError("CONVERT_INVALID_MODEL", `${where}: ${reason}.`);
    const input = (index: number) => {
      const found = inputs[index];
      if (!found) throw malformed(`it has ${inputs.length} inputs, not ${index + 1}`);
      return found;
    };
    const count = (number: number, what: string) => {
      if (Number.isInteger(number) && number >= 0 && number <= MOST) return number;
      throw malformed(`its ${what} is ${number}, no whole number from 0 to ${MOST}`);
    };
    return {
      name,
      op,
      b,
      attributes: new NodeAttributes(attributes, malformed),
      inputs,
      get x() {
        return input(0);
      },
      input,
      numbers: (index, what) => {
        const { constant, contents } = input(index);
        if (constant && constant.dtype !== "string") {
          const { length } = constant.data;
          if (length > MOST) throw malformed(`its ${what} is a list of ${length} numbers`);
          const list = toNumbers(constant);
          const odd = list.find((number) => !Number.isSafeInteger(number));
          if (odd !== undefined) throw malformed(`its ${what} is ${odd}, no whole number`);
          return list;
        }
        if (contents?.every((dim) => typeof dim === "number")) return contents;
        throw unsupported(`its ${what} is computed at run time`);
      },
      count,
      entries: ({ shape: [length] }, what) => {
        if (typeof length === "number") return count(length, `length of ${what}`);
        throw unsupported(`how many numbers its ${what} has is known at run time alone`);
      },
      contents: (index) => input(index).contents ?? contentsOf(input(index).constant),
      call: (name, args, target) => this.#function(name, args, target),
      unsupported,
      invalid: malformed,
      warn: (message) => {
        const warning = `${where}: ${message}.`;
        if (!this.warnings.includes(warning)) this.warnings.push(warning);
      },
    };
  }
}

function tensorOf(
  { node, index, output }: TensorReference,
  nodes: Map<string, NodeDef>,
  values: Map<string, Value[]>,
): Value {
  const outputs = values.get(node)!;
  const names = output === undefined ? undefined : operatorByName(nodes.get(node)?.op ?? "")?.outputs;
  const named = output === undefined ? -1 : (names?.indexOf(output) ?? -1);
  const found = outputs[named < 0 ? index : named];
  if (!found) throw invalid(`node "${node}" has no output ${index}`);
  return found;
}

/** The nodes that `results` need, each after those it reads. */
function inOrder(nodes: Map<string, NodeDef>, results: TensorReference[], given: Map<string, Value[]>): NodeDef[] {
  const order: NodeDef[] = [];
  const state = new Map<string, "open" | "done">();
  for (const result of results) {
    const stack = [{ name: result.node, reader: "the model's outputs", next: 0 }];
    while (stack.length > 0) {
      const top = stack.at(-1)!;
      if (given.has(top.name) || state.get(top.name) === "done") {
        stack.pop();
        continue;
      }
      const node = nodes.get(top.name);
      if (!node) throw invalid(`"${top.name}", which ${top.reader} reads, does not exist`);
      state.set(top.name, "open");
      const input = node.inputs[top.next++];
      if (input) {
        if (state.get(input.node) === "open") throw invalid(`node "${input.node}" reads what it makes itself`);
        stack.push({ name: input.node, reader: `node "${node.name}"`, next: 0 });
        continue;
      }
      state.set(top.name, "done");
      order.push(node);
      stack.pop();
    }
  }
  return order;
}
