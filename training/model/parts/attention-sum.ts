import * as tf from "@tensorflow/tfjs";
import type { CaptionBatch } from "../types.js";

/** Attention summed over the steps of each caption, while it was being written. [S, L] -> [K_0 * N, L] */
export function attentionSum(attention: tf.Tensor, { images: N, columns, alive }: CaptionBatch): tf.Tensor2D {
  const rows = columns.map((captions) => captions * N);
  const counted = tf.split(attention.mul(tf.tensor2d(alive, [alive.length, 1])), rows, 0); //               T x [R_t, L]
  const padded = counted.map((part, t) =>
    tf.pad(part, [
      [0, rows[0] - rows[t]],
      [0, 0],
    ]),
  ); // T x [K_0 * N, L]
  return tf.addN(padded) as tf.Tensor2D;
}
