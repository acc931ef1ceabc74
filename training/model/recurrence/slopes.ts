import * as tf from "@tensorflow/tfjs";

/** Slope of the sigmoid by its value. */
export const sigmoidSlope = (y: tf.Tensor2D): tf.Tensor2D => y.sub(y.square());

/** Slope of tanh by its value. */
export const tanhSlope = (y: tf.Tensor2D): tf.Tensor2D => tf.scalar(1).sub(y.square()) as tf.Tensor2D;
