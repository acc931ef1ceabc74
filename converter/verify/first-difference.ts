import { channelsFirstOrder } from "../emit/layout.js";
import { transposed } from "../graph/tensor.js";
import type { Graph, Node, Tensor } from "../graph/types.js";
import { runGraph } from "./session.js";
import { agree, type Values } from "./values.js";

/** Where a graph leaves the way of the model it was made of. */
export interface FirstDifference {
  /** The first node whose output no layer of the model gives, though its inputs are right. */
  node: string;
  op: string;
  /** The layer or node of the model that it was made of, where its name tells. */
  source?: string;
  /** Tensors before it that agree with the model. */
  after: string[];
}

/**
 * Runs every node of a graph, and looks back from the outputs that differ to the first node that leads there from
 * tensors which agree with the model. A tensor agrees if some layer of the model gives the same numbers: passes fold
 * layers into each other and turn their axes, so that names alone do not tell.
 *
 * @param failed names of the graph's outputs that differ
 * @param inner what the model's layers or nodes give
 */
export async function firstDifference(
  graph: Graph,
  feeds: Record<string, Values>,
  failed: readonly string[],
  inner: Map<string, Values>,
  tolerance: number,
): Promise<FirstDifference | undefined> {
  const values = await runAll(graph, feeds);
  const known = new KnownValues([...Object.values(feeds), ...inner.values()], tolerance);
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const constant = constants(graph);
  const agrees = new Map<string, boolean>();
  const isRight = (name: string) => {
    if (name === "" || constant.has(name) || !makers.has(name)) return true;
    const value = values[name];
    const found = agrees.get(name) ?? (value !== undefined && known.has(value));
    agrees.set(name, found);
    return found;
  };
  const suspects = new Set<Node>();
  const seen = new Set<string>();
  const stack = [...failed];
  for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
    const node = makers.get(name);
    if (!node || seen.has(name)) continue;
    seen.add(name);
    const wrong = node.inputs.filter((input) => !isRight(input));
    if (wrong.length === 0) suspects.add(node);
    stack.push(...wrong);
  }
  const first = graph.nodes.find((node) => suspects.has(node));
  if (!first) return undefined;
  const owners = [...inner.keys()].filter((name) => first.name === name || first.name.startsWith(`${name}/`));
  return {
    node: first.name,
    op: first.op,
    source: owners.sort((a, b) => b.length - a.length)[0],
    after: first.inputs.filter((name) => name !== "" && !constant.has(name)),
  };
}

/** The outputs of all nodes, as far as their types are known. */
async function runAll(graph: Graph, feeds: Record<string, Values>): Promise<Record<string, Values>> {
  const taken = new Set(graph.outputs.map(({ name }) => name));
  const inner = graph.nodes
    .flatMap((node) => node.outputs)
    .flatMap((name) => {
      const type = graph.types.get(name);
      return type && !taken.has(name) ? [{ name, ...type }] : [];
    });
  return runGraph({ ...graph, outputs: [...graph.outputs, ...inner] }, (run) => run(feeds));
}

/** Names of what does not depend on the inputs. */
function constants(graph: Graph): Set<string> {
  const found = new Set(graph.initializers.keys());
  for (const node of graph.nodes) {
    if (node.inputs.every((name) => name === "" || found.has(name))) for (const name of node.outputs) found.add(name);
  }
  return found;
}

/** The inputs and what a model's layers give, to be found by their numbers in either order of axes. */
class KnownValues {
  readonly #bySize = new Map<number, Values[]>();

  constructor(
    all: Values[],
    private readonly tolerance: number,
  ) {
    for (const values of all) {
      const size = values.data.length;
      this.#bySize.set(size, [...(this.#bySize.get(size) ?? []), values, ...turned(values)]);
    }
  }

  has(values: Values): boolean {
    const candidates = this.#bySize.get(values.data.length) ?? [];
    return candidates.some((candidate) => agree(candidate, values, this.tolerance));
  }
}

function turned({ shape, dtype, data }: Values): Values[] {
  if (shape.length < 3) return [];
  const tensor = { shape, dtype: dtype as Tensor["dtype"], data: data as Tensor["data"] };
  return [transposed(tensor, channelsFirstOrder(shape.length))];
}
