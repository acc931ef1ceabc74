import { ShowtellError } from "../../../errors/index.js";

const MOST = 2 ** 24;

/**
 * The configuration of a layer, whatever way its keys and enumerations are spelt: tfjs and Keras write `data_format:
 * "channels_last"`, tfjs itself works with `dataFormat: "channelsLast"`.
 */
export class LayerConfig {
  readonly #values: Record<string, unknown>;
  readonly #owner: string;

  constructor(values: Record<string, unknown>, owner: string) {
    this.#values = Object.fromEntries(Object.entries(values).map(([key, value]) => [camel(key), value]));
    this.#owner = owner;
  }

  /** Whether the key is there with another value than null. */
  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  raw(key: string): unknown {
    return this.#values[key] ?? undefined;
  }

  number(key: string, otherwise?: number): number {
    const value = this.raw(key) ?? otherwise;
    if (typeof value !== "number" || !Number.isFinite(value)) throw this.#invalid(key, "a number");
    return value;
  }

  /** How many there are of something that takes memory: no file may ask for more than there can be. */
  count(key: string): number {
    const value = this.raw(key);
    if (Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST) return value as number;
    throw this.#invalid(key, `a whole number from 1 to ${MOST}`);
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.raw(key) ?? otherwise;
    if (typeof value !== "boolean") throw this.#invalid(key, "true or false");
    return value;
  }

  /** An enumeration's value, in camel case. */
  word(key: string, otherwise: string): string {
    const value = this.raw(key) ?? otherwise;
    if (typeof value !== "string") throw this.#invalid(key, "a word");
    return camel(value);
  }

  /** n numbers; a single number stands for n equal ones. */
  numbers(key: string, count: number | undefined, otherwise?: number | number[]): number[] {
    const value = this.raw(key) ?? otherwise;
    const list = typeof value === "number" && count !== undefined ? Array<number>(count).fill(value) : value;
    const fits = Array.isArray(list) && list.every((entry) => typeof entry === "number");
    if (!fits || (count !== undefined && list.length !== count)) {
      throw this.#invalid(key, count === undefined ? "a list of numbers" : `${count} numbers`);
    }
    return list as number[];
  }

  /** Begin and end along each of two axes: written as one number, a number an axis, or a pair an axis. */
  pairs(key: string, otherwise: number): [number, number][] {
    const value = this.raw(key) ?? otherwise;
    const axes = typeof value === "number" ? [value, value] : value;
    if (!Array.isArray(axes)) throw this.#invalid(key, "numbers");
    return axes.map((axis: unknown) => {
      const pair = typeof axis === "number" ? [axis, axis] : axis;
      const fits = Array.isArray(pair) && pair.length === 2 && pair.every((entry) => typeof entry === "number");
      if (!fits) throw this.#invalid(key, "pairs of numbers");
      return pair as [number, number];
    });
  }

  #invalid(key: string, wanted: string): ShowtellError {
    const found = JSON.stringify(this.#values[key])?.slice(0, 80);
    return new ShowtellError("CONVERT_INVALID_MODEL", `${this.#owner}: ${key} must be ${wanted}, it is ${found}.`);
  }
}

/** `data_format` -> `dataFormat`. */
export function camel(text: string): string {
  return text.replace(/_+([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
