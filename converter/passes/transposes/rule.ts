import { type AttributeValue, attributesOf, intOf } from "../../graph/attributes.js";
import type { Attribute, Node } from "../../graph/types.js";
import type { GraphEditor } from "../editor.js";

/** A node that reads a transpose. */
export interface Meeting {
  editor: GraphEditor;
  node: Node;
  /** The transpose's order of axes. */
  order: number[];
  /** What the transpose reads. */
  source: string;
}

/**
 * Lets a node read what stands before a transpose. Gives the order in which its output must be transposed to be what it
 * was, or none where it is so already; undefined, and nothing changed, where it cannot be done.
 */
export type PushRule = (meeting: Meeting) => { order?: number[] } | undefined;

/** A node's attributes with some of them set. */
export function withAttributes(node: Node, values: Record<string, AttributeValue>): Record<string, Attribute> {
  return { ...node.attributes, ...attributesOf(values) };
}

/** The node's axis, counted from the front. */
export function axisOf(node: Node, rank: number, otherwise: number): number {
  const axis = intOf(node, "axis", otherwise);
  return axis < 0 ? axis + rank : axis;
}
