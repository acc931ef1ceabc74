import * as tf from "@tensorflow/tfjs";
import type { SoftTargets } from "../model/types.js";

/**
 * Cross-entropy of P predictions against a target that gives the true word 1 - smoothing and spreads the rest over
 * all V words (Szegedy et al. 2016, section 7), each times its weight, over P; mixed, where others' predictions are given,
 * with those (Kim and Rush 2016, eq. 4). Its gradient, softmax - target, is written out: one pass instead of the seven that
 * automatic differentiation of log-softmax takes.
 *
 * @param logits [P, V]
 * @param targets [P]
 * @param weights [P]; all 1 without it
 */
export function smoothedCrossEntropy(
  logits: tf.Tensor2D,
  targets: Int32Array,
  smoothing: number,
  { weights, soft }: { weights?: Float32Array; soft?: SoftTargets } = {},
): tf.Scalar {
  const [P, V] = logits.shape;
  const compute = tf.customGrad((x, save) => {
    const input = x as tf.Tensor2D; //                                                 [P, V]
    const shifted = input.sub(input.max(1, true)); //                                  [P, V]
    const exponentials = shifted.exp(); //                                             [P, V]
    const sums = exponentials.sum(1, true); //                                         [P, 1]
    // Whole numbers first: not every engine honours other values or another type of oneHot.
    const hot = tf.oneHot(tf.tensor1d(targets, "int32"), V).toFloat(); //              [P, V]
    const smoothed = hot.mul(1 - smoothing).add(smoothing / V); //                     [P, V]
    const truth = soft ? mixed(smoothed, soft) : smoothed; //                          [P, V]
    const entropies = sums.log().sub(shifted.mul(truth).sum(1, true)); //              [P, 1]
    const slope = exponentials.div(sums).sub(truth); //                                [P, V]
    const share = weights ? tf.tensor2d(weights, [P, 1]) : undefined; //               [P, 1]
    const value = (share ? entropies.mul(share) : entropies).sum().div(P); //          []
    (save as tf.GradSaveFunc)([share ? slope.mul(share) : slope]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => saved[0].mul(dy.div(P)), //     [P, V]
    };
  });
  return compute(logits) as tf.Scalar;
}

/** @param truth [P, V] */
function mixed(truth: tf.Tensor, { probabilities, share }: SoftTargets): tf.Tensor {
  return truth.mul(1 - share).add(tf.tensor(probabilities, truth.shape).mul(share)); // [P, V]
}

/**
 * The doubly stochastic regulariser: attention should look at every location about once over a caption
 * (Xu et al. 2015, eq. 14), as a mean over captions and locations.
 *
 * @param attentionSum [R, L] attention summed over time
 */
export function doublyStochastic(attentionSum: tf.Tensor2D): tf.Scalar {
  return tf.scalar(1).sub(attentionSum).square().mean();
}
