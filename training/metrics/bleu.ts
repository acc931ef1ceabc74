import { type NgramCounts, NgramIndex } from "./ngrams.js";
import type { Candidates, Metric, References } from "./types.js";

const ORDERS = 4;
/** Added to counts by coco-caption (bleu_scorer.py), so that no quotient is 0 / 0. */
const TINY = 1e-15;
const SMALL = 1e-9;

/** What BLEU needs to know of one sentence, or of all together: lengths in words, n-grams by order. */
interface Tally {
  length: number;
  referenceLength: number;
  correct: number[];
  guessed: number[];
}

/**
 * BLEU-1 to BLEU-4 (Papineni et al. 2002, eq. 3) as coco-caption computes them: counts over the whole set, clipped by
 * the largest count in any one reference; the reference length closest to the candidate's, the shorter at a tie.
 */
export const bleu: Metric<"BLEU-1" | "BLEU-2" | "BLEU-3" | "BLEU-4"> = {
  names: ["BLEU-1", "BLEU-2", "BLEU-3", "BLEU-4"],
  score(candidates: Candidates, references: References) {
    const tallies = [...candidates].map(([id, candidate]) => tally(candidate, references.get(id)!));
    const corpus = precisions(tallies.reduce(add, emptyTally()));
    const perImage = tallies.map(precisions); // [images][order]
    return corpus.map((value, k) => ({ corpus: value, perImage: perImage.map((values) => values[k]) }));
  },
};

/** BLEU-4 of one sentence, from 0 to 1, as `score` gives it for an image. */
export function sentenceBleu(candidate: readonly string[], references: readonly (readonly string[])[]): number {
  return precisions(tally(candidate, references))[ORDERS - 1];
}

function emptyTally(): Tally {
  return { length: 0, referenceLength: 0, correct: Array(ORDERS).fill(0), guessed: Array(ORDERS).fill(0) };
}

function add(sum: Tally, part: Tally): Tally {
  return {
    length: sum.length + part.length,
    referenceLength: sum.referenceLength + part.referenceLength,
    correct: sum.correct.map((count, k) => count + part.correct[k]),
    guessed: sum.guessed.map((count, k) => count + part.guessed[k]),
  };
}

function tally(candidate: readonly string[], references: readonly (readonly string[])[]): Tally {
  const index = new NgramIndex(ORDERS); // of one image alone: it stays in the cache
  const allowed = largestCounts(references.map((reference) => index.count(reference)));
  const counts = index.count(candidate);
  const correct = counts.map((ofOrder, k) => {
    let sum = 0;
    for (const [ngram, count] of ofOrder) sum += Math.min(count, allowed[k].get(ngram) ?? 0);
    return sum;
  });
  return {
    length: candidate.length,
    referenceLength: closestLength(references, candidate.length),
    correct,
    guessed: counts.map((_, k) => Math.max(0, candidate.length - k)),
  };
}

/** For each n-gram the most that any one reference has of it. */
function largestCounts(references: readonly NgramCounts[]): NgramCounts {
  return Array.from({ length: ORDERS }, (_, k) => {
    const largest = new Map<number, number>();
    for (const reference of references) {
      for (const [ngram, count] of reference[k]) if (count > (largest.get(ngram) ?? 0)) largest.set(ngram, count);
    }
    return largest;
  });
}

function closestLength(references: readonly (readonly string[])[], length: number): number {
  let closest = references[0].length;
  for (const { length: candidate } of references) {
    const nearer = Math.abs(candidate - length) - Math.abs(closest - length);
    if (nearer < 0 || (nearer === 0 && candidate < closest)) closest = candidate;
  }
  return closest;
}

/** Geometric means of the modified precisions up to each order, times the brevity penalty. */
function precisions({ length, referenceLength, correct, guessed }: Tally): number[] {
  const ratio = (length + TINY) / (referenceLength + SMALL);
  const penalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return correct.map((count, k) => {
    product *= (count + TINY) / (guessed[k] + SMALL);
    return product ** (1 / (k + 1)) * penalty;
  });
}
