import * as tf from "@tensorflow/tfjs";
import {
  type CaptionerConfig,
  type Decoder,
  inputShape,
  type ParameterSpec,
  type ParameterValues,
} from "../model/types.js";
import { setLayerWeights } from "../model/weights.js";
import { uniform } from "../random/seeded.js";
import { SPECIAL_WORDS } from "../text/index.js";
import { END, START } from "./batches.js";

const FIRST_WORD = SPECIAL_WORDS.length;

/** Words that are never drawn, as none of them is written for a user. */
export const UNWRITABLE: readonly number[] = SPECIAL_WORDS.map((_, word) => word).filter((word) => word !== END);

/** A caption as it was drawn: word ids without specials, and whether it ended by itself. */
export interface Sample {
  words: number[];
  ended: boolean;
}

export interface SampleOptions {
  samplesPerImage: number;
  maxLength: number;
  seed: number;
  /** Number of the step: with the seed it fixes what is drawn. */
  step: number;
}

/** Draws captions word by word from a captioner's own distribution. */
export class Sampler {
  private readonly head: tf.LayersModel;
  private readonly decoderStep: tf.LayersModel;

  constructor(
    decoder: Decoder,
    private readonly config: CaptionerConfig,
    private readonly specs: ParameterSpec[],
  ) {
    this.head = decoder.head(config);
    this.decoderStep = decoder.step(config);
  }

  /**
   * @param features [N, L, D]
   * @returns the samples of each image
   */
  async draw(values: ParameterValues, features: Float32Array, options: SampleOptions): Promise<Sample[][]> {
    setLayerWeights(this.head, this.specs, values);
    setLayerWeights(this.decoderStep, this.specs, values);
    const [L, D] = inputShape(this.config);
    const V = this.config.vocabularySize;
    const N = features.length / (L * D);
    const K = options.samplesPerImage;
    const samples = Array.from({ length: N * K }, (): Sample => ({ words: [], ended: false }));
    const random = uniform(options.seed, "sample", options.step);

    let state = tf.tidy(() => {
      const encoded = predict(this.head, [tf.tensor3d(features, [N, L, D])]);
      return encoded.map((x) => tf.tile(x, [K, ...x.shape.slice(1).map(() => 1)])); // row k * N + n
    }); // [R, L, F], [R, L, A], [R, H], [R, H]
    let tokens = new Int32Array(N * K).fill(START);
    for (let t = 0; t < options.maxLength && samples.some(({ ended }) => !ended); t++) {
      const [annotations, projected, hidden, cell] = state;
      const [probabilities, nextHidden, nextCell] = tf.tidy(() => {
        const token = tf.tensor2d(tokens, [N * K, 1], "int32"); //                                   [R, 1]
        const outputs = predict(this.decoderStep, [token, hidden, cell, annotations, projected]);
        return [tf.softmax(outputs[0]), outputs[1], outputs[2]]; //                                  [R, V], [R, H], [R, H]
      });
      const rows = await probabilities.data<"float32">();
      tf.dispose([probabilities, hidden, cell]);
      state = [annotations, projected, nextHidden, nextCell];
      const next = new Int32Array(N * K).fill(END);
      for (const [row, sample] of samples.entries()) {
        const point = random();
        if (sample.ended) continue;
        const word = drawWord(rows.subarray(row * V, (row + 1) * V), point);
        next[row] = word;
        if (word === END) sample.ended = true;
        else sample.words.push(word);
      }
      tokens = next;
    }
    tf.dispose(state);
    return Array.from({ length: N }, (_, n) => Array.from({ length: K }, (_, k) => samples[k * N + n]));
  }

  dispose(): void {
    this.head.dispose();
    this.decoderStep.dispose();
  }
}

/** All rows at once. */
function predict(model: tf.LayersModel, inputs: tf.Tensor[]): tf.Tensor[] {
  return model.predict(inputs.length === 1 ? inputs[0] : inputs, { batchSize: inputs[0].shape[0] }) as tf.Tensor[];
}

/**
 * The word whose share of [0, 1) holds `point`. Special words other than <end> are passed over, as when captions are
 * written for a user.
 */
function drawWord(probabilities: Float32Array, point: number): number {
  let total = probabilities[END];
  for (let word = FIRST_WORD; word < probabilities.length; word++) total += probabilities[word];
  let left = point * total - probabilities[END];
  if (left < 0) return END;
  let last = END;
  for (let word = FIRST_WORD; word < probabilities.length; word++) {
    if (probabilities[word] === 0) continue;
    last = word;
    left -= probabilities[word];
    if (left < 0) return word;
  }
  return last;
}
