import * as tf from "@tensorflow/tfjs";
import {
  type CaptionBatch,
  type CaptionerConfig,
  type Decoder,
  type Dropout,
  inputShape,
  type ParameterSpec,
  type Parameters,
  type ParameterValues,
} from "../model/types.js";
import { dropoutMask } from "../random/seeded.js";
import { withoutWords } from "./forbidden-words.js";
import { doublyStochastic, smoothedCrossEntropy } from "./loss.js";

/** How much of a step's losses its batch is, where it is one part of several; both are 1 otherwise. */
export interface LossShares {
  crossEntropy: number;
  attention: number;
}

export interface StepOptions {
  labelSmoothing: number;
  /** Weight of the doubly stochastic regulariser. */
  attentionWeight: number;
  shares?: LossShares;
  /** Words that are never written: they take no part of the probability. */
  forbidden?: readonly number[];
  /** Share of values dropped by site: `features`, `state`, `output`. */
  dropout: Record<string, number>;
  /** Parameters that are not learnt: no gradient is computed for them. */
  frozen?: ReadonlySet<string>;
  seed: number;
}

export interface StepResult {
  /** What is minimised. */
  loss: number;
  /** The cross-entropy alone, in nats a word. */
  crossEntropy: number;
  gradients: ParameterValues;
}

/** Loss and gradients of one batch with teacher forcing; of all parameters but those that are frozen. `step` numbers the batch: with the seed it fixes the dropout. */
export async function trainingStep(
  decoder: Decoder,
  config: CaptionerConfig,
  specs: ParameterSpec[],
  values: ParameterValues,
  batch: CaptionBatch,
  step: number,
  options: StepOptions,
): Promise<StepResult> {
  const isFrozen = ({ name }: ParameterSpec) => options.frozen?.has(name) ?? false;
  const shares = options.shares ?? { crossEntropy: 1, attention: 1 };
  const learnt = specs.filter((spec) => !isFrozen(spec));
  const outputs = tf.tidy(() => {
    const features = tf.tensor3d(batch.features, [batch.images, ...inputShape(config)]); //     [N, L, D]
    const tensorOf = ({ name, shape }: ParameterSpec) => tf.tensor(values[name], shape);
    const constants = specs.filter(isFrozen).map((spec): [string, tf.Tensor] => [spec.name, tensorOf(spec)]);
    let crossEntropy: tf.Scalar | undefined;
    const lossOf = (...tensors: tf.Tensor[]) => {
      const variables = learnt.map((spec, i): [string, tf.Tensor] => [spec.name, tensors[i]]);
      const parameters: Parameters = Object.fromEntries([...variables, ...constants]);
      const dropout = seededDropout(options, step);
      const { logits, attentionSum } = decoder.teacherForced(parameters, batch, features, config, dropout);
      const writable = withoutWords(logits, options.forbidden ?? []); //                     [P, V]
      const entropy = smoothedCrossEntropy(writable, batch.targets, options.labelSmoothing, batch).mul<tf.Scalar>(
        shares.crossEntropy,
      );
      crossEntropy = tf.keep(entropy.clone());
      const attention = doublyStochastic(attentionSum).mul(options.attentionWeight * shares.attention);
      return entropy.add(attention) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(learnt.map(tensorOf));
    return { value, grads, crossEntropy: crossEntropy as tf.Scalar };
  });
  try {
    const gradients = await Promise.all(outputs.grads.map((gradient) => gradient.data<"float32">()));
    return {
      loss: (await outputs.value.data())[0],
      crossEntropy: (await outputs.crossEntropy.data())[0],
      gradients: Object.fromEntries(learnt.map((spec, i) => [spec.name, gradients[i]])),
    };
  } finally {
    tf.dispose([outputs.value, outputs.crossEntropy, ...outputs.grads]);
  }
}

function seededDropout(options: StepOptions, step: number): Dropout {
  return (site, x) => {
    const rate = options.dropout[site] ?? 0;
    if (rate === 0) return x;
    return x.mul(tf.tensor(dropoutMask(x.size, rate, options.seed, "dropout", site, step), x.shape));
  };
}
