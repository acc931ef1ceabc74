import type { CaptionBatch } from "../model/types.js";
import { permutation } from "../random/seeded.js";

/** What a batch is cut from: an image's place in the feature store, and its captions as word ids (without specials). */
export interface TrainingImage {
  feature: number;
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

/** Captions of an image for an epoch: all, or as many as wanted, drawn anew each epoch. */
function drawCaptions(image: TrainingImage, index: number, epoch: number, options: BatchOptions): number[][] {
  const { captions } = image;
  if (captions.length <= options.captionsPerImage) return captions;
  const order = permutation(captions.length, options.seed, "captions", epoch, index);
  return Array.from(order.subarray(0, options.captionsPerImage), (i) => captions[i]);
}

/**
 * Lays out a batch for teacher forcing (see CaptionBatch). Images with fewer captions than others leave rows that are
 * never alive.
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
  const N = indices.length;
  const captions = indices.map((index) =>
    drawCaptions(images[index], index, epoch, options)
      .map((caption) => caption.slice(0, options.maxLength))
      .sort((a, b) => b.length - a.length),
  );
  const K = Math.max(...captions.map((own) => own.length));
  // A caption of W words is W + 1 predictions: its words and the end.
  const steps = (k: number) => Math.max(...captions.map((own) => (k < own.length ? own[k].length + 1 : 0)));
  const lengths = Array.from({ length: K }, (_, k) => steps(k));
  const T = lengths[0];
  const columns = Array.from({ length: T }, (_, t) => lengths.filter((length) => length > t).length);

  const size = columns.reduce((sum, column) => sum + column * N, 0);
  const inputs = new Int32Array(size);
  const alive = new Float32Array(size);
  const positions: number[] = [];
  const targets: number[] = [];
  let row = 0;
  for (let t = 0; t < T; t++) {
    for (let k = 0; k < columns[t]; k++) {
      for (let n = 0; n < N; n++, row++) {
        const caption = captions[n][k];
        if (!caption || t > caption.length) continue;
        inputs[row] = t === 0 ? START : caption[t - 1];
        alive[row] = 1;
        positions.push(row);
        targets.push(t === caption.length ? END : caption[t]);
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
  };
}
