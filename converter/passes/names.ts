import type { Names } from "../graph/names.js";
import { bodies, type Graph } from "../graph/types.js";

/** Marks the end of names that passes give while others still hold the wished one. */
export const MARK = /(?:#\d+)+$/;

/** A name for a tensor that takes the place of another which may soon be gone. */
export function passing(names: Names, wish: string): string {
  return names.unique(wish.replace(MARK, ""), "#");
}

/** The names of all tensors of a graph and the bodies in it: none may stand for two. */
export function tensorNames(graph: Graph): string[] {
  return [
    ...graph.inputs.map((input) => input.name),
    ...graph.initializers.keys(),
    ...graph.nodes.flatMap((node) => [
      ...node.outputs.filter((name) => name !== ""),
      ...bodies(node).flatMap(tensorNames),
    ]),
  ];
}
