import { ShowtellError } from "../../../errors/index.js";
import { entropy } from "./entropy.js";
import { max } from "./max.js";
import { percentile } from "./percentile.js";
import type { CalibrationMethod } from "./types.js";

/** Ways to choose ranges. A further one is a file and a line here. */
const METHODS: CalibrationMethod[] = [max, percentile, entropy];

/** The one that measured best: docs/quantization.md. */
export const DEFAULT_METHOD = "max";

/** A method with its number. */
export interface ChosenMethod {
  /** As it was asked for, the number spelled out: `percentile:99.99`. */
  name: string;
  /** How many bins of magnitudes the range takes; nothing where it takes all that was seen. */
  end?(magnitudes: Float64Array, levels: number): number;
}

/** @throws ShowtellError USAGE for a method that is not known, or a number that it does not take */
export function calibrationMethod(asked: string = DEFAULT_METHOD): ChosenMethod {
  const [name, number, ...more] = asked.split(":");
  const method = METHODS.find((known) => known.name === name);
  if (!method) {
    const known = METHODS.map(({ name, about }) => `${name} (${about})`).join(", ");
    throw new ShowtellError("USAGE", `No calibration method "${asked}": ${known}.`);
  }
  const { parameter, end } = method;
  if (number === undefined && !parameter) return { name: method.name, end: end && ((m, levels) => end(m, levels, 0)) };
  const value = number === undefined ? parameter?.default : Number(number.trim() === "" ? "?" : number);
  if (!parameter || value === undefined || more.length > 0 || !(value >= parameter.from && value <= parameter.to)) {
    const wish = parameter ? `a number from ${parameter.from} to ${parameter.to}` : "no number";
    throw new ShowtellError("USAGE", `The calibration method ${method.name} takes ${wish}; "${asked}" is given.`);
  }
  return { name: `${method.name}:${value}`, end: end && ((m, levels) => end(m, levels, value)) };
}
