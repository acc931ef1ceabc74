import * as tf from "@tensorflow/tfjs";
import type { ParameterSpec, Parameters } from "../types.js";

/** Parameters of a dense layer: `NAME/kernel` [inputs, units] and, with a bias, `NAME/bias` [units]. */
export function denseSpecs(name: string, inputs: number, units: number, { bias = true } = {}): ParameterSpec[] {
  const kernel: ParameterSpec = { name: `${name}/kernel`, shape: [inputs, units], initializer: "glorot" };
  return bias ? [kernel, { name: `${name}/bias`, shape: [units], initializer: "zeros" }] : [kernel];
}

/** x kernel + bias. [R, inputs] -> [R, units] */
export function dense(p: Parameters, name: string, x: tf.Tensor): tf.Tensor2D {
  const product = tf.matMul(x as tf.Tensor2D, p[`${name}/kernel`] as tf.Tensor2D);
  const bias = p[`${name}/bias`];
  return bias ? product.add<tf.Tensor2D>(bias) : (product as tf.Tensor2D);
}

interface DenseArgs {
  name: string;
  units: number;
  activation?: "relu" | "tanh" | "sigmoid";
  useBias?: boolean;
}

/** The same as a layer. Its weights are set after building: first values would only cost time. */
export function denseLayer(args: DenseArgs, x: unknown): tf.SymbolicTensor {
  return tf.layers.dense({ ...args, kernelInitializer: "zeros" }).apply(x as tf.SymbolicTensor) as tf.SymbolicTensor;
}
