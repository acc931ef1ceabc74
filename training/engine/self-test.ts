import type * as TF from "@tensorflow/tfjs";

/**
 * A matrix product and a gradient against values worked out by hand, on the engine that is set. Small, but it needs the
 * library, the kernels and the gradient registry to be one whole.
 * @throws Error naming what differs
 */
export async function selfTest(tf: typeof TF): Promise<void> {
  const [product, gradient] = tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3]);
    const b = tf.tensor2d([1, 0, 2, -1, 0, 3], [3, 2]);
    // d/dA of sum((A·B)²) = 2 (A·B) Bᵀ
    return [tf.matMul(a, b), tf.grad((x: TF.Tensor) => tf.sum(tf.square(tf.matMul(x as TF.Tensor2D, b))))(a)] as const;
  });
  try {
    expect("matrix product", await product.data(), [5, 7, 14, 13]);
    expect("gradient", await gradient.data(), [10, 6, 42, 28, 30, 78]);
  } finally {
    tf.dispose([product, gradient]);
  }
}

function expect(what: string, got: ArrayLike<number>, wanted: number[]): void {
  const same = got.length === wanted.length && wanted.every((value, i) => Math.abs(value - (got[i] ?? NaN)) < 1e-4);
  if (!same) throw new Error(`The self-test's ${what} is [${Array.from(got)}], expected [${wanted}].`);
}
