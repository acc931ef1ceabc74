import { Names } from "../graph/names.js";
import { renamed } from "../graph/rename.js";
import type { Graph } from "../graph/types.js";

/** Marks the end of names that passes give while others still hold the wished one. */
const MARK = /(?:#\d+)+$/;

/** A name for a tensor that takes the place of another which may soon be gone. */
export function passing(names: Names, wish: string): string {
  return names.unique(wish.replace(MARK, ""), "#");
}

/** Gives tensors that passes have made the names they wished for, where these are free now. Changes the graph in place. */
export function settleNames(graph: Graph): void {
  const made = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== "");
  const fixed = new Set([...graph.inputs, ...graph.outputs].map((value) => value.name));
  for (const name of graph.kept) fixed.add(name);
  const all = [...graph.initializers.keys(), ...made];
  const names = new Names([...fixed, ...all.filter((name) => !MARK.test(name) && !fixed.has(name))]);
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
