import * as tf from "@tensorflow/tfjs";
import { writtenGradient } from "./written-gradient.js";

/**
 * How well each location fits a query before the softmax, score . tanh(projected + query), for the rows of one step.
 * @param projected [N, L, A]
 * @param query [R, A], R = K * N
 * @param score [A, 1]
 * @returns energies [K, N, L]; mixed [R*L, A], the tanh, for the way back
 */
export function energiesForward(projected: tf.Tensor3D, query: tf.Tensor, score: tf.Tensor2D) {
  const [N, L, A] = projected.shape;
  const R = query.shape[0];
  const mixed = projected
    .reshape([1, N, L, A])
    .add(query.reshape([R / N, N, 1, A]))
    .tanh()
    .reshape([R * L, A]) as tf.Tensor2D;
  const energies = tf.matMul(mixed, score).reshape([R / N, N, L]) as tf.Tensor3D;
  return { energies, mixed };
}

/**
 * The way back through the energies of many steps. The derivative of the tanh, score * dEnergy * (1 - mixed^2), takes two
 * passes over [K, N, L, A] instead of the six of automatic differentiation.
 */
export class EnergiesBackward {
  private readonly weights: tf.Tensor; // [1, A]
  private dProjected: tf.Tensor; //       [N, L, A]
  private dScore: tf.Tensor; //           [A, 1]

  constructor(
    private readonly shape: [N: number, L: number, A: number],
    score: tf.Tensor2D,
  ) {
    const A = shape[2];
    this.weights = score.reshape([1, A]);
    this.dProjected = tf.zeros(shape);
    this.dScore = tf.zeros([A, 1]);
  }

  /**
   * @param mixed [R*L, A]
   * @param dEnergies [K, N, L]
   * @returns the query's derivative, [R, A]
   */
  step(mixed: tf.Tensor2D, dEnergies: tf.Tensor): tf.Tensor2D {
    const [N, L, A] = this.shape;
    const K = dEnergies.shape[0];
    const column = dEnergies.reshape([K * N * L, 1]) as tf.Tensor2D; //                         [R*L, 1]
    this.dScore = this.dScore.add(tf.matMul(mixed, column, true)); //                           [A, 1]
    const squares = mixed
      .square()
      .mul(column)
      .reshape([K, N * L, A]); // [K, N*L, A]
    const overCaptions = (K === 1 ? squares : squares.sum(0)).reshape([N, L, A]); //            [N, L, A]
    this.dProjected = this.dProjected.add(dEnergies.sum(0).reshape([N, L, 1]).sub(overCaptions)); // [N, L, A]
    const overLocations = squares.reshape([K * N, L, A]).sum(1); //                             [R, A]
    return dEnergies
      .sum(2)
      .reshape([K * N, 1])
      .sub(overLocations)
      .mul(this.weights); // [R, A]
  }

  /** Derivatives by projected [N, L, A] and score [A, 1], after all steps. */
  finish() {
    return { projected: this.dProjected.mul(this.weights), score: this.dScore };
  }
}

/**
 * The energies of all steps at once, where the queries are known before.
 * @param query [S, A]
 * @param columns K_t, captions an image that are still being written at step t
 * @returns [S, L]
 */
export function energiesOverSteps(
  inputs: { projected: tf.Tensor3D; query: tf.Tensor2D; score: tf.Tensor2D },
  columns: number[],
): tf.Tensor2D {
  return writtenGradient(
    inputs,
    ({ projected, query, score }) => {
      const [N, L] = projected.shape;
      const rows = columns.map((captions) => captions * N);
      const steps = tf.split(query, rows, 0).map((part) => energiesForward(projected, part, score));
      const written = steps.map(({ energies }, t) => energies.reshape([rows[t], L]) as tf.Tensor2D);
      return { value: tf.concat2d(written, 0), trace: steps.map(({ mixed }) => mixed) };
    },
    ({ projected, score }, trace, _value, dValue) => {
      const [N, L] = projected.shape;
      const back = new EnergiesBackward(projected.shape, score);
      const parts = tf.split(
        dValue,
        columns.map((captions) => captions * N),
        0,
      );
      const dQueries = trace.map((mixed, t) => back.step(mixed, parts[t].reshape([columns[t], N, L])));
      return { ...back.finish(), query: tf.concat2d(dQueries, 0) };
    },
  );
}
