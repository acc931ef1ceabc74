/** The special words, which have the first ids in this order. */
export const SPECIAL_WORDS = ["<pad>", "<start>", "<end>", "<unk>"] as const;

/** Ids of the special words. */
export const SPECIAL_TOKENS = { pad: 0, start: 1, end: 2, unk: 3 } as const;

/** The words a captioner knows, each with its id. */
export class Vocabulary {
  /** Word of each id; the special words come first. */
  readonly words: readonly string[];
  readonly tokens = SPECIAL_TOKENS;
  readonly #ids: Map<string, number>;

  /** @param words ordinary words in the order of their ids, without the special ones and without repeats */
  constructor(words: readonly string[]) {
    this.words = [...SPECIAL_WORDS, ...words];
    this.#ids = new Map(this.words.map((word, id) => [word, id]));
    if (this.#ids.size !== this.words.length) throw new RangeError("A word stands in the vocabulary twice.");
  }

  /** The words with at least `minimumCount` occurrences, the most frequent first, ties by code unit. */
  static build(
    captions: Iterable<readonly string[]>,
    { minimumCount = 1 }: { minimumCount?: number } = {},
  ): Vocabulary {
    const counts = new Map<string, number>();
    for (const words of captions) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    // Readers of JSON objects drop the key __proto__ for safety, so it can be no word.
    for (const reserved of [...SPECIAL_WORDS, "__proto__"]) counts.delete(reserved);
    const kept = [...counts].filter(([, count]) => count >= minimumCount);
    kept.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
    return new Vocabulary(kept.map(([word]) => word));
  }

  /** Number of ids, the special ones included. */
  get size(): number {
    return this.words.length;
  }

  /** The id of each word; unknown words become <unk>. Neither <start> nor <end> is added. */
  encode(words: readonly string[]): number[] {
    return words.map((word) => this.#ids.get(word) ?? SPECIAL_TOKENS.unk);
  }

  /** The word of each id. @throws RangeError for an id that no word has */
  decode(ids: Iterable<number>): string[] {
    return Array.from(ids, (id) => {
      const word = this.words[id];
      if (word === undefined) throw new RangeError(`No word has the id ${id}; ids go up to ${this.size - 1}.`);
      return word;
    });
  }
}
