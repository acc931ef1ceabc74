import { PairTable } from "./pair-table.js";

/** N-grams of one sentence with their counts: element k - 1 maps the number of a k-gram to how often it occurs. */
export type NgramCounts = Map<number, number>[];

/** What a single word hangs on. */
const ROOT = 0;

/**
 * Numbers n-grams by walking a trie: a k-gram is its (k-1)-gram and a word. Numbers are compared much faster than
 * joined strings, and no separator can be mistaken for part of a word.
 */
export class NgramIndex {
  private readonly words = new Map<string, number>();
  private readonly children = new PairTable();

  constructor(readonly orders: number) {}

  /** How many numbers are given: every number lies between 1 and this. */
  get size(): number {
    return this.children.size;
  }

  /** Counts the n-grams of a sentence and gives new ones a number. */
  count(sentence: readonly string[]): NgramCounts {
    const words = sentence.map((word) => numberOf(this.words, word));
    return this.walk(words, (prefix, word) => this.children.findOrAdd(prefix, word));
  }

  /** Counts as `count` does but keeps nothing: n-grams not seen before get negative numbers of this sentence alone. */
  lookUp(sentence: readonly string[]): NgramCounts {
    const newWords = new Map<string, number>();
    const newNgrams = new Map<string, number>();
    const words = sentence.map((word) => this.words.get(word) ?? -numberOf(newWords, word));
    return this.walk(words, (prefix, word) => {
      return this.children.find(prefix, word) || -numberOf(newNgrams, `${prefix} ${word}`);
    });
  }

  private walk(words: readonly number[], child: (prefix: number, word: number) => number): NgramCounts {
    const counts: NgramCounts = Array.from({ length: this.orders }, () => new Map());
    for (let start = 0; start < words.length; start++) {
      let ngram = ROOT;
      const end = Math.min(words.length, start + this.orders);
      for (let i = start; i < end; i++) {
        ngram = child(ngram, words[i]);
        const ofOrder = counts[i - start];
        ofOrder.set(ngram, (ofOrder.get(ngram) ?? 0) + 1);
      }
    }
    return counts;
  }
}

/** The word's number, counted from 1 in the order of first sight. */
function numberOf(numbers: Map<string, number>, word: string): number {
  let number = numbers.get(word);
  if (number === undefined) {
    number = numbers.size + 1;
    numbers.set(word, number);
  }
  return number;
}
