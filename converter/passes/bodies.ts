import { Names } from "../graph/names.js";
import { renamed } from "../graph/rename.js";
import { bodies, type Graph, outerReads, type Tensor } from "../graph/types.js";
import { tensorNames } from "./names.js";

/**
 * Optimises the bodies of If, Loop and Scan: each stands as a graph of its own meanwhile, in which what it reads from
 * outside is an input or a constant. Constants that come about stand outside afterwards. Changes the graph in place.
 */
export function optimizeBodies(graph: Graph, optimize: (body: Graph) => Graph): void {
  if (!graph.nodes.some((node) => bodies(node).length > 0)) return;
  const names = new Names(tensorNames(graph));
  for (const node of graph.nodes) {
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type !== "graph") continue;
      const alone = detached(graph, attribute.value);
      if (alone) attribute.value = attached(graph, attribute.value, alone, optimize(alone), names);
    }
  }
}

/** The body with all that it reads; undefined where the type of something that it reads is not known. */
function detached(graph: Graph, body: Graph): Graph | undefined {
  const result: Graph = {
    ...body,
    inputs: [...body.inputs],
    initializers: new Map(body.initializers),
    types: new Map(body.types),
  };
  for (const name of new Set(outerReads(body))) {
    const type = graph.types.get(name);
    if (!type) return undefined;
    result.types.set(name, type);
    const constant = graph.initializers.get(name);
    if (constant) result.initializers.set(name, constant);
    else result.inputs.push({ name, ...type });
  }
  return result;
}

/** Puts what a body has become back into the graph around it; names that passes gave are made unique in all of it. */
function attached(graph: Graph, body: Graph, alone: Graph, optimized: Graph, names: Names): Graph {
  const before = new Set(tensorNames(alone));
  const given = new Map<string, string>();
  for (const name of new Set(tensorNames(optimized))) {
    // A pass may give another constant the name of one that stands outside, where others read that one.
    const same = optimized.initializers.get(name)?.data === alone.initializers.get(name)?.data;
    if (!before.has(name) || !same) given.set(name, names.unique(name, "#"));
  }
  const result = renamed(optimized, (name) => given.get(name) ?? name);
  const initializers = new Map<string, Tensor>();
  const own = new Set(result.nodes.flatMap((node) => node.outputs));
  for (const [name, constant] of result.initializers) {
    if (body.initializers.has(name)) initializers.set(name, constant);
    else if (!graph.initializers.has(name)) {
      graph.initializers.set(name, constant);
      graph.types.set(name, { dtype: constant.dtype, shape: constant.shape });
    }
  }
  const inputs = result.inputs.slice(0, body.inputs.length);
  for (const { name } of inputs) own.add(name);
  const types = new Map([...result.types].filter(([name]) => own.has(name) || initializers.has(name)));
  return { ...result, inputs, initializers, types };
}
