import type { Value } from "../../graph/builder.js";
import type { ModelTopology, TensorReference } from "./topology.js";

export const keyOf = ({ call, output, layer }: TensorReference) => `${call}:${output}:${layer}`;

/**
 * The mask that TensorFlow.js hands to layers. Its executor puts the mask of a layer's first input into one object that
 * lives as long as the run, also through the models inside; a layer whose inputs have no mask therefore gets the mask
 * that was put there last.
 */
export interface MaskSlot {
  /** @param refuse makes the error for the layer that reads */
  read: (refuse: (reason: string) => Error) => Value | undefined;
  /** Whether models inside write to it too; the outermost model has none before its first mask. */
  shared: boolean;
}

/**
 * The tensors of a model in the order in which TensorFlow.js makes them: depth first, the last input of a layer before
 * the others. A layer with several outputs that are used stands there once for each of them.
 *
 * @param inputsOf the tensors that a tensor's layer takes
 * @param cycle makes the error for a tensor that depends on itself
 */
export function executionOrder(
  model: ModelTopology,
  inputsOf: (tensor: TensorReference) => TensorReference[],
  cycle: (tensor: TensorReference) => Error,
): TensorReference[] {
  const order: TensorReference[] = [];
  const done = new Set(model.inputs.map(keyOf));
  const open = new Set<string>();
  // Without recursion: models may be thousands of layers deep.
  const stack = [...model.outputs].reverse();
  while (stack.length > 0) {
    const tensor = stack.at(-1)!;
    const key = keyOf(tensor);
    if (done.has(key)) {
      stack.pop();
      continue;
    }
    const missing = open.has(key) ? [] : inputsOf(tensor).filter((input) => !done.has(keyOf(input)));
    if (missing.length === 0) {
      stack.pop();
      order.push(tensor);
      done.add(key);
      continue;
    }
    open.add(key);
    const ancestor = missing.find((input) => open.has(keyOf(input)));
    if (ancestor) throw cycle(ancestor);
    stack.push(...missing);
  }
  return order;
}
