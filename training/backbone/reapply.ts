import type * as tf from "@tensorflow/tfjs";

/** Applies the layers that lead from `input` to `output` once more, on another input. */
export function reapply(
  output: tf.SymbolicTensor,
  input: tf.SymbolicTensor,
  replacement: tf.SymbolicTensor,
): tf.SymbolicTensor {
  const done = new Map<number, tf.SymbolicTensor>([[input.id, replacement]]);
  const visit = (tensor: tf.SymbolicTensor): tf.SymbolicTensor => {
    const known = done.get(tensor.id);
    if (known) return known;
    const node = tensor.sourceLayer.inboundNodes[tensor.nodeIndex]!;
    const inputs = node.inputTensors.map(visit);
    const applied = tensor.sourceLayer.apply(inputs.length === 1 ? inputs[0]! : inputs, node.callArgs);
    const outputs = (Array.isArray(applied) ? applied : [applied]) as tf.SymbolicTensor[];
    for (const [index, { id }] of node.outputTensors.entries()) done.set(id, outputs[index]!);
    return done.get(tensor.id)!;
  };
  return visit(output);
}
