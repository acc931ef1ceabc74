/** Clients remembered at one time; of more, those are forgotten that were seen longest ago. */
const CAPACITY = 10_000;

/** Token buckets: each client may send `burst` requests at once, and `rate` a second over time. */
export class RateLimiter {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(
    readonly burst: number,
    readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Counts a request.
   * @param rate requests a second of this client; 0 for any
   * @returns seconds until one would be allowed; 0 if this one is
   */
  take(client: string, rate: number): number {
    if (rate === 0) return 0;
    const now = this.now();
    const before = this.#buckets.get(client) ?? { tokens: this.burst, at: now };
    const tokens = Math.min(this.burst, before.tokens + ((now - before.at) / 1000) * rate);
    const allowed = tokens >= 1;
    this.#buckets.delete(client);
    this.#buckets.set(client, { tokens: allowed ? tokens - 1 : tokens, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > CAPACITY && oldest !== undefined) this.#buckets.delete(oldest);
    return allowed ? 0 : (1 - tokens) / rate;
  }
}
