import { ShowtellError } from "../../errors/index.js";

/** Gives out names, none twice. */
export class Names {
  readonly #taken = new Set<string>();
  readonly #next = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    for (const name of taken) this.#taken.add(name);
  }

  has(name: string): boolean {
    return this.#taken.has(name);
  }

  /** The wished name, or the first of `wish_1`, `wish_2` … that is free. */
  unique(wish: string, separator = "_"): string {
    let name = wish || "tensor";
    for (let i = this.#next.get(wish) ?? 1; this.#taken.has(name); i++) {
      name = `${wish}${separator}${i}`;
      this.#next.set(wish, i + 1);
    }
    this.#taken.add(name);
    return name;
  }

  /** @throws ShowtellError USAGE where the name is taken */
  exact(name: string, what: string): string {
    if (this.#taken.has(name))
      throw new ShowtellError("USAGE", `The name "${name}" is wanted for an ${what}, but is given to another tensor.`);
    this.#taken.add(name);
    return name;
  }
}
