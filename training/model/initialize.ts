import { uniform } from "../random/seeded.js";
import type { ParameterSpec, ParameterValues } from "./types.js";

const size = (shape: number[]) => shape.reduce((product, extent) => product * extent, 1);

/** First values of all parameters that are not given: the same for the same seed on every engine. */
export function initializeParameters(
  specs: ParameterSpec[],
  seed: number,
  given: ParameterValues = {},
): ParameterValues {
  return Object.fromEntries(specs.map((spec) => [spec.name, given[spec.name] ?? initialize(spec, seed)]));
}

function initialize({ name, shape, initializer }: ParameterSpec, seed: number): Float32Array {
  const values = new Float32Array(size(shape));
  switch (initializer) {
    case "given":
      throw new Error(`${name} starts with values from elsewhere, and none are given.`);
    case "zeros":
      return values;
    case "ones":
      return values.fill(1);
    case "lstm-bias": // The forget gate starts open (Jozefowicz et al. 2015): gates stand in the order i, f, c, o.
      return values.fill(1, values.length / 4, values.length / 2);
    case "embedding":
      return fillUniform(values, Math.sqrt(3), seed, name);
    case "glorot":
      return fillUniform(values, Math.sqrt(6 / (shape[0] + shape[1])), seed, name);
  }
}

function fillUniform(values: Float32Array, limit: number, seed: number, name: string): Float32Array {
  const random = uniform(seed, name);
  for (let i = 0; i < values.length; i++) values[i] = (random() * 2 - 1) * limit;
  return values;
}
