import * as tf from "@tensorflow/tfjs";

/**
 * A function of named tensors whose gradient is written out instead of derived.
 *
 * @param forward gives the value and, as `trace`, what the way back needs: tensors in arrays and plain objects
 * @param backward gives the derivative of the loss by each input
 */
export function writtenGradient<Inputs extends object, Trace>(
  inputs: Inputs,
  forward: (x: Inputs) => { value: tf.Tensor2D; trace: Trace },
  backward: (x: Inputs, trace: Trace, value: tf.Tensor2D, dValue: tf.Tensor2D) => Record<keyof Inputs, tf.Tensor>,
): tf.Tensor2D {
  const names = Object.keys(inputs) as (keyof Inputs)[];
  const named = (tensors: tf.Tensor[]) => Object.fromEntries(names.map((name, i) => [name, tensors[i]])) as Inputs;
  const run = tf.customGrad((...args: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const given = args as tf.Tensor[];
    const { value, trace } = forward(named(given));
    save([...given, value, ...leaves(trace)]);
    return {
      value,
      gradFunc: (dValue: tf.Tensor2D, saved: tf.Tensor[]) => {
        const kept = saved.slice(names.length + 1).values();
        const y = named(saved);
        const gradients = backward(y, rebuild(trace, kept) as Trace, saved[names.length] as tf.Tensor2D, dValue);
        return names.map((name) => gradients[name]);
      },
    };
  });
  return run(...names.map((name) => inputs[name] as tf.Tensor)) as tf.Tensor2D;
}

function leaves(tree: unknown): tf.Tensor[] {
  return tree instanceof tf.Tensor ? [tree] : Object.values(tree as object).flatMap(leaves);
}

/** The tree with its tensors taken, in order, from others. */
function rebuild(tree: unknown, tensors: Iterator<tf.Tensor>): unknown {
  if (tree instanceof tf.Tensor) return tensors.next().value;
  if (Array.isArray(tree)) return tree.map((branch) => rebuild(branch, tensors));
  return Object.fromEntries(Object.entries(tree as object).map(([name, branch]) => [name, rebuild(branch, tensors)]));
}
