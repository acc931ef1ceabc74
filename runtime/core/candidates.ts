/** log(sum(exp(x))) of `count` values from `offset`, computed around their maximum so that nothing overflows. */
export function logSumExp(data: Float32Array, offset: number, count: number): number {
  let peak = Number.NEGATIVE_INFINITY;
  const stop = offset + count;
  for (let i = offset; i < stop; i++) if (data[i]! > peak) peak = data[i]!;
  let sum = 0;
  for (let i = offset; i < stop; i++) sum += Math.exp(data[i]! - peak);
  return peak + Math.log(sum);
}

/** One way to go on: the hypothesis `parent` followed by `token`. */
export interface Candidate {
  logProbability: number;
  token: number;
  parent: number;
}

/**
 * The best `capacity` candidates seen, kept in order in small typed arrays: a vocabulary is scanned once and never
 * sorted. Order: higher log-probability, then lower token id, then lower parent index.
 */
export class BestCandidates {
  readonly #capacity: number;
  readonly #logProbability: Float64Array;
  readonly #token: Int32Array;
  readonly #parent: Int32Array;
  #size = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#logProbability = new Float64Array(capacity);
    this.#token = new Int32Array(capacity);
    this.#parent = new Int32Array(capacity);
  }

  /** Offers every token of one row of logits; `base` is added to each logit. Tokens of `banned` are passed over. */
  offerRow(logits: Float32Array, offset: number, count: number, base: number, parent: number, banned: Set<number>) {
    // Most tokens fall to this one comparison.
    let worst = this.#worst();
    for (let token = 0; token < count; token++) {
      const value = base + logits[offset + token]!;
      if (value < worst || banned.has(token)) continue;
      this.offer(value, token, parent);
      worst = this.#worst();
    }
  }

  /** Offers one candidate. */
  offer(logProbability: number, token: number, parent: number): void {
    if (!(logProbability > Number.NEGATIVE_INFINITY)) return;
    let at = this.#size;
    while (at > 0 && this.#precedes(logProbability, token, parent, at - 1)) at--;
    if (at >= this.#capacity) return;
    const moved = Math.min(this.#size, this.#capacity - 1);
    this.#logProbability.copyWithin(at + 1, at, moved);
    this.#token.copyWithin(at + 1, at, moved);
    this.#parent.copyWithin(at + 1, at, moved);
    this.#logProbability[at] = logProbability;
    this.#token[at] = token;
    this.#parent[at] = parent;
    if (this.#size < this.#capacity) this.#size++;
  }

  /** The kept candidates, best first; the list is then empty again. */
  take(): Candidate[] {
    const taken = Array.from({ length: this.#size }, (_, i) => ({
      logProbability: this.#logProbability[i]!,
      token: this.#token[i]!,
      parent: this.#parent[i]!,
    }));
    this.#size = 0;
    return taken;
  }

  #worst(): number {
    return this.#size < this.#capacity ? Number.NEGATIVE_INFINITY : this.#logProbability[this.#capacity - 1]!;
  }

  #precedes(logProbability: number, token: number, parent: number, at: number): boolean {
    const other = this.#logProbability[at]!;
    if (logProbability !== other) return logProbability > other;
    if (token !== this.#token[at]!) return token < this.#token[at]!;
    return parent < this.#parent[at]!;
  }
}
