import { InvalidArgumentError } from "commander";

/** Parser of a flag's number. */
export function toNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("A number is wanted.");
  return value;
}

/** Parser of a flag's count: a whole number from 1 on. */
export function toCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("A whole number from 1 on is wanted.");
  return value;
}
