import assert from "node:assert/strict";
import fc from "fast-check";
import { ShowtellError } from "../errors/index.js";

/** How many mutants a property draws: SHOWTELL_FUZZ_RUNS where it is set, for longer runs. */
export const fuzzRuns = (otherwise: number): number => Number(process.env.SHOWTELL_FUZZ_RUNS ?? otherwise);

/** The same mutants in each run, unless SHOWTELL_FUZZ_SEED asks for others. */
export const FUZZ_SEED = Number(process.env.SHOWTELL_FUZZ_SEED ?? 20);

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Values that a file from elsewhere, or a hostile one, may hold in any place. */
export const ODD: Json[] = [
  ...[null, true, -1, 0, 1, 2.5, 7, 1e9, 2 ** 31, 2 ** 53, 1e300],
  ...["", "float32", "same", "../../x", "__proto__", "constructor", "\u0000"],
  ...[[], {}, [null], [[]], [1e9, 1e9], { length: 1e9 }, { class_name: "Dense", config: {} }],
];

/** Where in a document something is changed, as numbers that pick a way down, and how. */
export interface Mutation {
  way: number[];
  kind: "replace" | "delete" | "repeat" | "swap";
  odd: number;
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  way: fc.array(fc.nat(), { minLength: 1, maxLength: 12 }),
  kind: fc.constantFrom("replace", "replace", "delete", "repeat", "swap"),
  odd: fc.nat(ODD.length - 1),
});

/** Changes a document in one place. */
export function mutate(json: Json, { way, kind, odd }: Mutation): void {
  let place = json as Record<string, Json> | Json[];
  let key = "";
  for (const [depth, step] of way.entries()) {
    const keys = Object.keys(place);
    if (keys.length === 0) return;
    key = keys[step % keys.length]!;
    const next = (place as Record<string, Json>)[key];
    if (depth === way.length - 1 || typeof next !== "object" || next === null) break;
    if (Object.keys(next).length > 0) place = next;
  }
  const at = place as Record<string, Json>;
  if (kind === "replace") at[key] = ODD[odd]!;
  else if (Array.isArray(place) && kind === "delete") place.splice(Number(key), 1);
  else if (kind === "delete") delete at[key];
  else if (Array.isArray(place) && kind === "repeat") place.push(structuredClone(at[key]!));
  else if (Array.isArray(place)) place.reverse();
  else at[key] = structuredClone(Object.values(at)[odd % Object.values(at).length]!);
}

const CODES = ["CONVERT_INVALID_MODEL", "CONVERT_UNSUPPORTED", "FILE_NOT_FOUND", "USAGE"];

/** How a conversion ends: `converted`, or the code of the one clear error that it may give. */
export function endOf(conversion: Promise<unknown>): Promise<string> {
  return conversion.then(
    () => "converted",
    (error) => {
      assert.ok(error instanceof ShowtellError, error instanceof Error ? error.stack : String(error));
      assert.ok(CODES.includes(error.code), `${error.code}: ${error.message}`);
      assert.ok(error.message.length < 3000, "the message is short");
      const slip = error.cause instanceof TypeError || error.cause instanceof RangeError;
      assert.ok(!slip, `a check is missing where this was read: ${error.message}\n${(error.cause as Error)?.stack}`);
      return error.code;
    },
  );
}
