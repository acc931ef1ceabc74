import { Names } from "../graph/names.js";
import { renamed } from "../graph/rename.js";
import type { Graph } from "../graph/types.js";
import { MARK, tensorNames } from "./names.js";

/** Gives tensors that passes have made the names they wished for, where these are free now. Changes the graph in place. */
export function settleNames(graph: Graph): void {
  const fixed = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  for (const name of graph.kept) fixed.add(name);
  const all = tensorNames(graph);
  const names = new Names([...fixed, ...all.filter((name) => !MARK.test(name))]);
  const settled = new Map<string, string>();
  for (const name of all) {
    if (MARK.test(name) && !fixed.has(name)) settled.set(name, names.unique(name.replace(MARK, "")));
  }
  if (settled.size > 0)
    Object.assign(
      graph,
      renamed(graph, (name) => settled.get(name) ?? name),
    );
}
