import * as tf from "@tensorflow/tfjs";
import {
  type CaptionBatch,
  type CaptionerConfig,
  type Decoder,
  inputShape,
  type ParameterSpec,
  type Parameters,
  type ParameterValues,
} from "../model/types.js";
import { uniform } from "../random/seeded.js";

/**
 * A batch in which some of the words that are read are the model's own: each word of a caption but its first is replaced
 * with a given probability by one drawn from what the model predicts there (Bengio et al. 2015, section 2.4). The model
 * predicts once, from the true words before, for all places together (Mihaylova and Martins 2019, section 3), so that a
 * step costs one more forward pass and no loop over words. What is to be predicted stays the truth.
 */
export async function mixInputs(
  { decoder, config, specs }: { decoder: Decoder; config: CaptionerConfig; specs: ParameterSpec[] },
  values: ParameterValues,
  batch: CaptionBatch,
  probability: number,
  { seed, step }: { seed: number; step: number },
): Promise<CaptionBatch> {
  const random = uniform(seed, "scheduled sampling", step);
  // Places whose word is read at the next step, and where: [predicted at, read at].
  const chosen = readings(batch).filter(() => random() < probability);
  if (chosen.length === 0) return batch;
  const predicted = tf.tidy(() => {
    const parameters: Parameters = Object.fromEntries(
      specs.map(({ name, shape }) => [name, tf.tensor(values[name], shape)]),
    );
    const features = tf.tensor3d(batch.features, [batch.images, ...inputShape(config)]); //  [N, L, D]
    const { logits } = decoder.teacherForced(parameters, batch, features, config, (_, x) => x); // [P, V]
    const places = tf.tensor1d(
      chosen.map(([place]) => place),
      "int32",
    ); //                                                                                    [Q]
    return tf.softmax(tf.gather(logits, places)); //                                         [Q, V]
  });
  const probabilities = await predicted.data<"float32">();
  predicted.dispose();
  const V = config.vocabularySize;
  const inputs = batch.inputs.slice();
  for (const [q, [, row]] of chosen.entries()) {
    inputs[row] = draw(probabilities.subarray(q * V, (q + 1) * V), random());
  }
  return { ...batch, inputs };
}

/** Of each prediction whose word is read at the next step: its place in [P], and the row in [S] that reads it. */
function readings({ images, columns, positions, alive }: CaptionBatch): [place: number, row: number][] {
  const starts = [0];
  for (const column of columns) starts.push(starts.at(-1)! + column * images);
  let t = 0;
  return Array.from(positions).flatMap((row, place): [number, number][] => {
    while (row >= starts[t + 1]) t++;
    const next = starts[t + 1] + row - starts[t];
    const read = t + 1 < columns.length && row - starts[t] < columns[t + 1] * images && alive[next] === 1;
    return read ? [[place, next]] : [];
  });
}

/** The word at which the probabilities, added up, pass `level` of [0, 1). */
function draw(probabilities: Float32Array, level: number): number {
  let sum = 0;
  let likeliest = 0;
  for (let word = 0; word < probabilities.length; word++) {
    sum += probabilities[word];
    if (sum > level) return word;
    if (probabilities[word] > probabilities[likeliest]) likeliest = word;
  }
  // Rounding left the sum below `level`.
  return likeliest;
}
