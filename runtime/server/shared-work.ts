/** Work of which several wait for one result: it is started once, and given up when nobody waits any more. */
export class SharedWork<T> {
  readonly #running = new Map<string, { result: Promise<T>; waiting: number; stop: AbortController }>();

  get size(): number {
    return this.#running.size;
  }

  /** @param start is not called while the same key is being worked on */
  async run(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let work = this.#running.get(key);
    if (!work) {
      const stop = new AbortController();
      work = { result: start(stop.signal), waiting: 0, stop };
      this.#running.set(key, work);
      const forget = () => this.#running.get(key)?.stop === stop && this.#running.delete(key);
      work.result.then(forget, forget);
    }
    const { result, stop } = work;
    const shared = work;
    shared.waiting++;
    let left: (() => void) | undefined;
    try {
      return await new Promise<T>((resolve, reject) => {
        result.then(resolve, reject);
        left = () => reject(signal.reason);
        signal.addEventListener("abort", left, { once: true });
      });
    } finally {
      if (left) signal.removeEventListener("abort", left);
      if (--shared.waiting === 0 && signal.aborted) {
        // Whoever comes next begins anew: this work is ending.
        if (this.#running.get(key) === shared) this.#running.delete(key);
        stop.abort(signal.reason);
      }
    }
  }
}

/** The last results by key, the least recently used dropped first. */
export class Cache<T> {
  readonly #entries = new Map<string, T>();

  constructor(readonly capacity: number) {}

  get(key: string): T | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found;
  }

  set(key: string, value: T): void {
    if (this.capacity === 0) return;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.capacity && oldest !== undefined) this.#entries.delete(oldest);
  }
}
