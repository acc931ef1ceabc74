import type { Node, Tensor, TensorType } from "../../graph/types.js";

export interface Evaluation {
  node: Node;
  /** Constant inputs; undefined where an optional one is left out. */
  inputs: (Tensor | undefined)[];
  /** Type of the first input, which may not be constant where the operator asks for its shape alone. */
  type: TensorType | undefined;
}

/** The node's output; undefined where it is not for this evaluator to compute. */
export type Evaluator = (evaluation: Evaluation) => Tensor | undefined;

const evaluators = new Map<string, Evaluator>();

/** Registers how operators are computed on constants while a graph is optimised. */
export function registerEvaluator(operators: readonly string[], evaluator: Evaluator): void {
  for (const operator of operators) evaluators.set(operator, evaluator);
}

export function evaluatorOf(operator: string): Evaluator | undefined {
  return evaluators.get(operator);
}
