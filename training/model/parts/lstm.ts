import * as tf from "@tensorflow/tfjs";
import type { ParameterSpec } from "../types.js";

/** Parameters of an LSTM layer: gates i, f, c, o side by side. */
export function lstmSpecs(name: string, inputs: number, units: number): ParameterSpec[] {
  return [
    { name: `${name}/kernel`, shape: [inputs, 4 * units], initializer: "glorot" },
    { name: `${name}/recurrent_kernel`, shape: [units, 4 * units], initializer: "glorot" },
    { name: `${name}/bias`, shape: [4 * units], initializer: "lstm-bias" },
  ];
}

/** One step of an LSTM as a layer: input [N, 1, X], hidden [N, H], cell [N, H] -> next hidden, next cell. */
export function lstmLayer(
  name: string,
  units: number,
  read: tf.SymbolicTensor,
  hidden: tf.SymbolicTensor,
  cell: tf.SymbolicTensor,
): [hidden: tf.SymbolicTensor, cell: tf.SymbolicTensor] {
  // The first values are never used, and the orthogonal ones would take minutes.
  const layer = tf.layers.lstm({
    name,
    units,
    kernelInitializer: "zeros",
    recurrentInitializer: "zeros",
    recurrentActivation: "sigmoid",
    returnState: true,
  });
  const [, nextHidden, nextCell] = layer.apply([read, hidden, cell]) as tf.SymbolicTensor[];
  return [nextHidden, nextCell];
}
