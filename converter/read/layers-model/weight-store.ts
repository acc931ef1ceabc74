import type { Tensor } from "../../graph/types.js";
import type { StoredWeight } from "../weights.js";

/**
 * Finds the weights of layers by name. tfjs writes `layer/variable`; the layers of a model that was built inside another
 * carry its name before theirs, and cells inside a layer put theirs behind it. Two layers of one name in different
 * nested models write the same name twice: then the first layer that asks gets the first.
 */
export class WeightStore {
  readonly #byName = new Map<string, StoredWeight[]>();
  readonly #given = new Map<string, Tensor>();
  readonly #asked = new Map<string, number>();

  constructor(weights: StoredWeight[]) {
    for (const weight of weights) {
      const name = weight.name.replace(/:0$/, "");
      const same = this.#byName.get(name);
      if (same) same.push(weight);
      else this.#byName.set(name, [weight]);
    }
  }

  /** The variable of a layer that lies inside the models of `path`. */
  find(path: readonly string[], layer: string, variable: string): Tensor | undefined {
    const key = [...path, layer, variable].join("\n");
    const known = this.#given.get(key);
    if (known) return known;
    const name = this.#nameOf(path, layer, variable);
    if (name === undefined) return undefined;
    const same = this.#byName.get(name)!;
    const asked = this.#asked.get(name) ?? 0;
    this.#asked.set(name, asked + 1);
    const tensor = same[Math.min(asked, same.length - 1)]!.read();
    this.#given.set(key, tensor);
    return tensor;
  }

  #nameOf(path: readonly string[], layer: string, variable: string): string | undefined {
    const exact = [...path.map((_, i) => [...path.slice(i), layer, variable].join("/")), `${layer}/${variable}`];
    const found = exact.find((name) => this.#byName.has(name));
    if (found) return found;
    const names = [...this.#byName.keys()];
    const below = names.filter((name) => name.endsWith(`/${layer}/${variable}`));
    if (below.length === 1) return below[0];
    const within = names.filter((name) => name.startsWith(`${layer}/`) && name.endsWith(`/${variable}`));
    return within.length === 1 ? within[0] : undefined;
  }
}
