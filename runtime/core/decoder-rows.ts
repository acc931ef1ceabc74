import type { Hypothesis } from "./beam-search.js";
import type { DecoderInput, DecoderOutput, EncodedImages, FloatTensor } from "./types.js";

/** Builds the decoder's input for the live hypotheses of all images. */
export class DecoderRows {
  readonly #features: ImageRows;
  readonly #projected: ImageRows;
  #hidden: FloatTensor;
  #cell: FloatTensor;

  constructor(encoded: EncodedImages) {
    this.#features = new ImageRows(encoded.features);
    this.#projected = new ImageRows(encoded.projected);
    this.#hidden = encoded.hidden;
    this.#cell = encoded.cell;
  }

  /** Takes over the states that the hypotheses' `row`s refer to from now on. */
  accept(output: DecoderOutput): void {
    this.#hidden = output.hidden;
    this.#cell = output.cell;
  }

  /** The input for one step; `images[i]` is the image of `hypotheses[i]`. */
  input(hypotheses: Hypothesis[], images: number[]): DecoderInput {
    const rows = hypotheses.map(({ row }) => row);
    return {
      token: BigInt64Array.from(hypotheses, ({ token }) => BigInt(token)),
      hidden: gather(this.#hidden, rows),
      cell: gather(this.#cell, rows),
      features: this.#features.select(images),
      projected: this.#projected.select(images),
    };
  }
}

function gather({ data, dims }: FloatTensor, rows: number[]): FloatTensor {
  const size = dims[1]!;
  const gathered = new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) gathered.set(data.subarray(row * size, (row + 1) * size), i * size);
  return { data: gathered, dims: [rows.length, size] };
}

/**
 * An image's features repeated for each of its hypotheses. These are megabytes a row and seldom change from word to
 * word, so the array is kept and only rows that now belong to another image are copied.
 */
class ImageRows {
  readonly #source: Float32Array;
  readonly #dims: number[];
  readonly #size: number;
  #rows = new Float32Array(0);
  #images: number[] = [];

  constructor({ data, dims }: FloatTensor) {
    this.#source = data;
    this.#dims = dims.slice(1);
    this.#size = this.#dims.reduce((product, n) => product * n, 1);
  }

  select(images: number[]): FloatTensor {
    const size = this.#size;
    const needed = images.length * size;
    if (this.#rows.length < needed) {
      this.#rows = new Float32Array(needed);
      this.#images = [];
    }
    for (const [i, image] of images.entries()) {
      if (this.#images[i] === image) continue;
      this.#rows.set(this.#source.subarray(image * size, (image + 1) * size), i * size);
      this.#images[i] = image;
    }
    return { data: this.#rows.subarray(0, needed), dims: [images.length, ...this.#dims] };
  }
}
