import { ShowtellError } from "../../errors/index.js";
import { BestCandidates, logSumExp } from "./candidates.js";
import type { Decoding, FloatTensor, SpecialTokens } from "./types.js";

/** A caption so far, as a list linked backwards: hypotheses share their beginnings. */
export interface Hypothesis {
  token: number;
  logProbability: number;
  /** Words so far. */
  length: number;
  /** Row of the decoder's last output that carries this hypothesis' next state. */
  row: number;
  /** [L] where the decoder looked for this word; null for the start. */
  attention: Float32Array | null;
  parent: Hypothesis | null;
}

interface Finished {
  last: Hypothesis;
  logProbability: number;
  score: number;
}

export interface BeamSearchOptions {
  beam: number;
  maxLength: number;
  lengthExponent: number;
  /** Captions wanted in all. */
  wanted: number;
}

/**
 * Beam search for one image. At each word the `beam` best continuations of all live hypotheses are taken, <end> among
 * them; those that end become finished captions and leave the beam, the others live on. So beam 1 is greedy decoding.
 * A caption has 1 to maxLength words; after maxLength words only <end> may follow, so every caption is complete and its
 * probability exact. <pad>, <start> and <unk> are never written (their probability is not shared out).
 */
export class BeamSearch {
  live: Hypothesis[];
  readonly #finished: Finished[] = [];
  readonly #best: BestCandidates;
  readonly #banned: Set<number>;
  readonly #bannedFirst: Set<number>;
  readonly #end: number;
  readonly #options: BeamSearchOptions;

  constructor(tokens: SpecialTokens, row: number, options: BeamSearchOptions) {
    this.#options = options;
    this.#end = tokens.end;
    this.#banned = new Set([tokens.pad, tokens.start, tokens.unk]);
    this.#bannedFirst = new Set([...this.#banned, tokens.end]);
    this.#best = new BestCandidates(options.beam);
    this.live = [{ token: tokens.start, logProbability: 0, length: 0, row, attention: null, parent: null }];
  }

  /** Takes one word's outputs; this image's live hypotheses have the rows from `firstRow` on, in order. */
  advance(logits: FloatTensor, attention: FloatTensor, firstRow: number): void {
    const [, vocabulary] = logits.dims as [number, number];
    const [, locations] = attention.dims as [number, number];
    const { length } = this.live[0]!; // all live hypotheses are equally long
    const parents = this.live;
    for (const [i, hypothesis] of parents.entries()) {
      const offset = (firstRow + i) * vocabulary;
      const base = hypothesis.logProbability - logSumExp(logits.data, offset, vocabulary);
      if (!Number.isFinite(base)) {
        throw new ShowtellError("MODEL_INVALID", "The decoder gave logits that are not finite numbers.");
      }
      if (length === this.#options.maxLength) {
        this.#best.offer(base + logits.data[offset + this.#end]!, this.#end, i);
      } else {
        const banned = length === 0 ? this.#bannedFirst : this.#banned;
        this.#best.offerRow(logits.data, offset, vocabulary, base, i, banned);
      }
    }
    const maps = new Map<number, Float32Array>();
    this.live = [];
    for (const { token, logProbability, parent } of this.#best.take()) {
      const before = parents[parent]!;
      if (token === this.#end) {
        this.#finish(before, logProbability);
        continue;
      }
      const row = firstRow + parent;
      const map = maps.get(parent) ?? attention.data.slice(row * locations, (row + 1) * locations);
      maps.set(parent, map);
      this.live.push({ token, logProbability, length: length + 1, row, attention: map, parent: before });
    }
    if (this.#decided()) this.live = [];
  }

  /** The best caption and the alternatives found. */
  result(): Decoding {
    const [best, ...others] = this.#finished;
    if (!best) throw new ShowtellError("MODEL_INVALID", "The decoder left no word that may be written.");
    const path = wordsOf(best.last);
    const locations = path[0]!.attention!.length;
    const attention = new Float32Array(path.length * locations);
    for (const [t, word] of path.entries()) attention.set(word.attention!, t * locations);
    return {
      tokens: path.map(({ token }) => token),
      logProbability: best.logProbability,
      score: best.score,
      attention,
      alternatives: others.map(({ last, score }) => ({ tokens: wordsOf(last).map(({ token }) => token), score })),
    };
  }

  #finish(last: Hypothesis, logProbability: number): void {
    const { lengthExponent, wanted } = this.#options;
    const score = logProbability / (last.length + 1) ** lengthExponent;
    // Ties go to the caption that was finished first.
    let at = this.#finished.length;
    while (at > 0 && score > this.#finished[at - 1]!.score) at--;
    this.#finished.splice(at, 0, { last, logProbability, score });
    this.#finished.length = Math.min(this.#finished.length, wanted);
  }

  /** Whether no live hypothesis can still enter the wanted captions: log-probabilities only fall, lengths are bounded. */
  #decided(): boolean {
    const { wanted, maxLength, lengthExponent } = this.#options;
    if (this.live.length === 0 || this.#finished.length < wanted) return false;
    const bound = this.live[0]!.logProbability / (maxLength + 1) ** lengthExponent;
    return this.#finished[wanted - 1]!.score >= bound;
  }
}

function wordsOf(last: Hypothesis): Hypothesis[] {
  const path: Hypothesis[] = [];
  for (let at: Hypothesis | null = last; at?.parent; at = at.parent) path.push(at);
  return path.reverse();
}
