import type { CaptionBatch } from "../model/types.js";
import { permutation } from "../random/seeded.js";

/** What a batch is cut from: an image's place in the feature store, and its captions as word ids (without specials). */
export interface TrainingImage {
  feature: number;
  /** Its place in the store of mirrored images; none where its captions tell left from right. */
  mirrored?: number;
  captions: number[][];
}

export interface BatchOptions {
  imagesPerBatch: number;
  captionsPerImage: number;
  /** Words of a caption beyond this are not learnt. */
  maxLength: number;
  seed: number;
}

export const START = 1;
export const END = 2;

/** The batches of an epoch, as indices into the images: each image once, in an order of its own each epoch. */
export function planEpoch(count: number, epoch: number, options: BatchOptions): number[][] {
  const order = permutation(count, options.seed, "epoch", epoch);
  const batches: number[][] = [];
  for (let start = 0; start < count; start += options.imagesPerBatch) {
    batches.push(Array.from(order.subarray(start, start + options.imagesPerBatch)));
  }
  return batches;
}

/** A caption to learn, as word ids without specials. */
export interface WeightedCaption {
  words: number[];
  /** How much its words count; a negative weight makes them less likely. */
  weight: number;
  /** Whether the caption ends after its words; otherwise it was cut off there, and no end is to be learnt. */
  ended: boolean;
}

/** Captions of an image for an epoch: all, or as many as wanted, drawn anew each epoch. */
function drawCaptions(image: TrainingImage, index: number, epoch: number, options: BatchOptions): number[][] {
  const { captions } = image;
  if (captions.length <= options.captionsPerImage) return captions;
  const order = permutation(captions.length, options.seed, "captions", epoch, index);
  return Array.from(order.subarray(0, options.captionsPerImage), (i) => captions[i]);
}

/**
 * Lays out the data set's captions of a batch for teacher forcing.
 *
 * @param features [N, L, D]
 */
export function layOutBatch(
  images: TrainingImage[],
  indices: number[],
  features: Float32Array,
  epoch: number,
  options: BatchOptions,
): CaptionBatch {
  const captions = indices.map((index) =>
    drawCaptions(images[index], index, epoch, options).map(
      (words): WeightedCaption => ({ words: words.slice(0, options.maxLength), weight: 1, ended: true }),
    ),
  );
  const { weights: _weights, ...batch } = layOutCaptions(captions, features);
  return batch;
}

/**
 * Lays out captions for teacher forcing (see CaptionBatch). Images with fewer captions than others leave rows that are
 * never alive.
 *
 * @param captions of each image
 * @param features [N, L, D]
 */
export function layOutCaptions(
  given: readonly (readonly WeightedCaption[])[],
  features: Float32Array,
): CaptionBatch & { weights: Float32Array } {
  const N = given.length;
  const captions = given.map((own) => [...own].sort((a, b) => b.words.length - a.words.length));
  const K = Math.max(...captions.map((own) => own.length));
  // A caption of W words is W + 1 predictions: its words and the end.
  const steps = (k: number) => Math.max(...captions.map((own) => (k < own.length ? own[k].words.length + 1 : 0)));
  const lengths = Array.from({ length: K }, (_, k) => steps(k));
  const T = lengths[0];
  const columns = Array.from({ length: T }, (_, t) => lengths.filter((length) => length > t).length);

  const size = columns.reduce((sum, column) => sum + column * N, 0);
  const inputs = new Int32Array(size);
  const alive = new Float32Array(size);
  const positions: number[] = [];
  const targets: number[] = [];
  const weights: number[] = [];
  let row = 0;
  for (let t = 0; t < T; t++) {
    for (let k = 0; k < columns[t]; k++) {
      for (let n = 0; n < N; n++, row++) {
        const caption = captions[n][k];
        if (!caption || t > caption.words.length) continue;
        const { words, weight, ended } = caption;
        inputs[row] = t === 0 ? START : words[t - 1];
        alive[row] = 1;
        positions.push(row);
        targets.push(t === words.length ? END : words[t]);
        weights.push(t < words.length || ended ? weight : 0);
      }
    }
  }
  return {
    images: N,
    columns,
    features,
    inputs,
    alive,
    positions: Int32Array.from(positions),
    targets: Int32Array.from(targets),
    weights: Float32Array.from(weights),
  };
}
