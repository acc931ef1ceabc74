import * as tf from "@tensorflow/tfjs";

// Rows of a batch stand by step, then caption, then image; those still written at a step are the first of the step
// before (see CaptionBatch).

/** The first rows of a matrix. */
export function top(x: tf.Tensor2D, rows: number): tf.Tensor2D {
  return x.shape[0] === rows ? x : x.slice([0, 0], [rows, x.shape[1]]);
}

/** Rows of zeros added below. */
export function extend(x: tf.Tensor2D, rows: number): tf.Tensor2D {
  return x.shape[0] === rows
    ? x
    : tf.pad2d(x, [
        [0, rows - x.shape[0]],
        [0, 0],
      ]);
}

/** [K, N, X] <-> [N, K, X] */
export function swap(x: tf.Tensor): tf.Tensor3D {
  return (
    x.shape[0] === 1 || x.shape[1] === 1
      ? x.reshape([x.shape[1] as number, x.shape[0], x.shape[2] as number])
      : x.transpose([1, 0, 2])
  ) as tf.Tensor3D;
}

/** Adds to each row what belongs to its image. [S, X] + [N, X] -> [S, X] */
export function addByImage(x: tf.Tensor2D, ofImage: tf.Tensor2D): tf.Tensor2D {
  const [N, X] = ofImage.shape;
  return x.reshape([-1, N, X]).add(ofImage).reshape(x.shape);
}
