import * as tf from "@tensorflow/tfjs";
import { EnergiesBackward, energiesForward } from "./additive-energies.js";
import { swap } from "./rows.js";

/** Tensors of one look that the way back needs. */
export interface AttentionTrace {
  /** [R*L, A] tanh(projected + query) */
  mixed: tf.Tensor2D;
  /** [K, N, L] */
  attention: tf.Tensor3D;
}

/** What attention looks at. */
export interface Attended {
  /** [N, L, A] */
  projected: tf.Tensor3D;
  /** [N, L, F] */
  features: tf.Tensor3D;
  /** [A, 1] */
  score: tf.Tensor2D;
}

/** Features weighted by attention. [K, N, L], [N, L, F] -> [K*N, F] */
export function glimpse(attention: tf.Tensor, features: tf.Tensor3D): tf.Tensor2D {
  const [K, N] = attention.shape;
  return swap(tf.matMul(swap(attention), features)).reshape([K * (N as number), features.shape[2]]);
}

/**
 * One look of additive soft attention.
 * @param query [R, A]
 * @returns glimpse [R, F] and, within the trace, attention [K, N, L]
 */
export function attentionForward({ projected, features, score }: Attended, query: tf.Tensor) {
  const { energies, mixed } = energiesForward(projected, query, score);
  const attention = tf.softmax(energies) as tf.Tensor3D; //                                     [K, N, L]
  const trace: AttentionTrace = { mixed, attention };
  return { glimpse: glimpse(attention, features), trace };
}

/** The way back through many looks; `step` is called from the last to the first. */
export class AttentionBackward {
  private readonly energies: EnergiesBackward;
  private readonly attentions: tf.Tensor3D[] = [];
  private readonly dGlimpses: tf.Tensor3D[] = [];

  constructor(private readonly attended: Attended) {
    this.energies = new EnergiesBackward(attended.projected.shape, attended.score);
  }

  /**
   * @param dGlimpse [R, F]
   * @param dAttention [R, L] what else depends on the attention
   * @returns the query's derivative, [R, A]
   */
  step({ mixed, attention }: AttentionTrace, dGlimpse: tf.Tensor, dAttention: tf.Tensor): tf.Tensor2D {
    const [K, N, L] = attention.shape;
    const { features } = this.attended;
    const byImage = swap(dGlimpse.reshape([K, N, features.shape[2]])); //                       [N, K, F]
    const dWeights = swap(tf.matMul(byImage, features, false, true)).add(dAttention.reshape([K, N, L])); // [K, N, L]
    const weighted = attention.mul(dWeights); //                                                [K, N, L]
    const dEnergies = weighted.sub(attention.mul(weighted.sum(2, true))); //                    [K, N, L]
    this.attentions.push(swap(attention));
    this.dGlimpses.push(byImage);
    return this.energies.step(mixed, dEnergies);
  }

  /** Derivatives by projected [N, L, A], features [N, L, F] and score [A, 1], after all steps. */
  finish() {
    const attentions = tf.concat(this.attentions, 1) as tf.Tensor3D; //                         [N, sum K, L]
    const dGlimpses = tf.concat(this.dGlimpses, 1) as tf.Tensor3D; //                           [N, sum K, F]
    return { ...this.energies.finish(), features: tf.matMul(attentions, dGlimpses, true) };
  }
}
