import { ShowtellError } from "../../errors/index.js";
import { type NgramCounts, NgramIndex } from "./ngrams.js";
import type { Metric, References } from "./types.js";
import { mean } from "./types.js";

const ORDERS = 4;
/** Width of the length penalty, in bigrams. */
const SIGMA = 6;
/** coco-caption multiplies by this. */
const SCALE = 10;

/** Where an image's references lie: `first` (inclusive) to `end` (exclusive). */
interface Range {
  first: number;
  end: number;
}

/**
 * CIDEr-D (Vedantam et al. 2015, eq. 3 and 4) as coco-caption computes it, with the references given once: validation
 * scores every epoch and self-critical training every step against the same ones.
 *
 * The document frequency of an n-gram is the number of images in whose references it occurs, so the same caption gets
 * another score in another set of images. With one image alone every weight is log 1 = 0, and so is every score.
 */
export class CiderD {
  private readonly index = new NgramIndex(ORDERS);
  private readonly ranges = new Map<string, Range>();
  /** tf-idf weights by n-gram number; unseen n-grams have document frequency 1 at least, hence the same as rare ones. */
  private readonly idf: Float64Array;
  private readonly idfUnseen: number;
  /** All references' n-grams one after the other: number and count; `starts` has ORDERS entries for each reference. */
  private readonly ngrams: Int32Array;
  private readonly counts: Uint32Array;
  private readonly starts: Uint32Array;
  private readonly norms: Float64Array; // [references * ORDERS]
  private readonly lengths: Uint32Array; // [references], in bigrams

  /** @param references tokenised captions of all images of the set */
  constructor(references: References) {
    const ngrams: number[] = [];
    const counts: number[] = [];
    const starts: number[] = [];
    const lengths: number[] = [];
    for (const [id, sentences] of references) {
      const first = lengths.length;
      for (const sentence of sentences) {
        for (const ofOrder of this.index.count(sentence)) {
          starts.push(ngrams.length);
          for (const [ngram, count] of ofOrder) {
            ngrams.push(ngram);
            counts.push(count);
          }
        }
        lengths.push(bigrams(sentence));
      }
      this.ranges.set(id, { first, end: lengths.length });
    }
    starts.push(ngrams.length);
    this.ngrams = Int32Array.from(ngrams);
    this.counts = Uint32Array.from(counts);
    this.starts = Uint32Array.from(starts);
    this.lengths = Uint32Array.from(lengths);
    this.idfUnseen = Math.log(references.size);
    this.idf = this.inverseDocumentFrequencies();
    this.norms = this.referenceNorms();
  }

  /**
   * CIDEr-D of one caption of one image: 0 to 10 in principle.
   * @throws ShowtellError SCORE_MISMATCH where the image has no references here
   */
  score(id: string, candidate: readonly string[]): number {
    const range = this.ranges.get(id);
    if (!range || range.first === range.end) throw new ShowtellError("SCORE_MISMATCH", `Image ${id} has no reference.`);
    const counts = this.index.lookUp(candidate);
    const norms = counts.map((ofOrder) => this.norm(ofOrder));
    const length = bigrams(candidate);
    let sum = 0;
    for (let reference = range.first; reference < range.end; reference++) {
      const delta = length - this.lengths[reference];
      const penalty = Math.exp(-(delta ** 2) / (2 * SIGMA ** 2));
      sum += this.similarity(counts, norms, reference) * penalty;
    }
    return (SCALE * sum) / ORDERS / (range.end - range.first);
  }

  /** Clipped cosine similarity of tf-idf vectors (eq. 4 without its penalty), summed over the orders. */
  private similarity(counts: NgramCounts, norms: readonly number[], reference: number): number {
    let sum = 0;
    for (let k = 0; k < ORDERS; k++) {
      const at = reference * ORDERS + k;
      if (norms[k] === 0 || this.norms[at] === 0) continue;
      let product = 0;
      for (let i = this.starts[at]; i < this.starts[at + 1]; i++) {
        const ngram = this.ngrams[i];
        const count = counts[k].get(ngram);
        if (count === undefined) continue;
        product += Math.min(count, this.counts[i]) * this.counts[i] * this.idf[ngram] ** 2;
      }
      sum += product / (norms[k] * this.norms[at]);
    }
    return sum;
  }

  /** Euclidean length of a caption's tf-idf vector. */
  private norm(ofOrder: ReadonlyMap<number, number>): number {
    let sum = 0;
    for (const [ngram, count] of ofOrder) sum += (count * (ngram > 0 ? this.idf[ngram] : this.idfUnseen)) ** 2;
    return Math.sqrt(sum);
  }

  private inverseDocumentFrequencies(): Float64Array {
    const frequency = new Float64Array(this.index.size + 1);
    const lastImage = new Int32Array(this.index.size + 1).fill(-1);
    let image = 0;
    for (const { first, end } of this.ranges.values()) {
      for (let i = this.starts[first * ORDERS]; i < this.starts[end * ORDERS]; i++) {
        const ngram = this.ngrams[i];
        if (lastImage[ngram] === image) continue;
        lastImage[ngram] = image;
        frequency[ngram]++;
      }
      image++;
    }
    return frequency.map((count) => this.idfUnseen - Math.log(Math.max(1, count)));
  }

  private referenceNorms(): Float64Array {
    return Float64Array.from({ length: this.starts.length - 1 }, (_, at) => {
      let sum = 0;
      for (let i = this.starts[at]; i < this.starts[at + 1]; i++)
        sum += (this.counts[i] * this.idf[this.ngrams[i]]) ** 2;
      return Math.sqrt(sum);
    });
  }
}

/** A sentence's length as CIDEr-D takes it. */
function bigrams(sentence: readonly string[]): number {
  return Math.max(0, sentence.length - 1);
}

/** CIDEr-D with the document frequencies of the references given. */
export const ciderD: Metric<"CIDEr-D"> = {
  names: ["CIDEr-D"],
  score(candidates, references) {
    const scorer = new CiderD(references);
    const perImage = [...candidates].map(([id, candidate]) => scorer.score(id, candidate));
    return [{ corpus: mean(perImage), perImage }];
  },
};
