import { uniform } from "../../random/seeded.js";

/** Choices from one seeded stream. Only sums and products of its numbers are used: the same on any machine. */
export class Dice {
  readonly #next: () => number;

  constructor(seed: number, ...names: (string | number)[]) {
    this.#next = uniform(seed, ...names);
  }

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  /** A number in [low, high). */
  between(low: number, high: number): number {
    return low + (high - low) * this.#next();
  }

  /** A whole number from low to high, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.#next() * (high - low + 1));
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#next() * from.length)]!;
  }

  /** One of the values, each as likely as its weight. */
  weighted<T>(from: readonly (readonly [value: T, weight: number])[]): T {
    let rest = this.#next() * from.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [value, weight] of from) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return from[from.length - 1]![0];
  }
}
