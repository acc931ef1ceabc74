import type * as tf from "@tensorflow/tfjs";
import { assertGraph, type OperatorCase, type TestNode } from "./graph-model.js";

/**
 * Asserts that nodes agree that read the same inputs, all in one graph: many operators and attributes cost what one does.
 *
 * @param inputs by name; a node without inputs of its own reads them all, in order
 */
export async function assertNodes(
  nodes: readonly TestNode[],
  inputs: Record<string, OperatorCase["inputs"][number]>,
): Promise<void> {
  const entries = Object.entries(inputs);
  const isFed = ({ fed, free }: OperatorCase["inputs"][number]) => fed ?? free ?? false;
  const fed = entries.filter(([, input]) => isFed(input));
  const placeholders = fed.map(([name, { value, free }]) => {
    const shape = value.shape.map((extent) => (free ? -1 : extent));
    return [name, { shape, dtype: value.dtype }] as const;
  });
  const values = (list: typeof entries): Record<string, tf.Tensor> =>
    Object.fromEntries(list.map(([name, { value }]) => [name, value]));
  const graph = {
    inputs: Object.fromEntries(placeholders),
    constants: values(entries.filter(([, input]) => !isFed(input))),
    nodes: nodes.map((node) => ({ input: Object.keys(inputs), ...node })),
    outputs: nodes.map(({ name }) => name),
  };
  await assertGraph(graph, values(fed));
}

/** A node of each operator, called after it. */
export const nodesOf = (operators: readonly string[], attributes?: Record<string, unknown>): TestNode[] =>
  operators.map((op) => ({ name: op, op, attr: attributes }));
