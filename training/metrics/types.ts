/** Tokenised captions, one for each image id. */
export type Candidates = ReadonlyMap<string, readonly string[]>;

/** Tokenised reference captions, one or more for each image id. */
export type References = ReadonlyMap<string, readonly (readonly string[])[]>;

/** One number for the whole set, and one for each image in the order of the candidates. */
export interface MetricValue {
  corpus: number;
  perImage: number[];
}

/** A metric, or a family that is computed at one go (BLEU-1 to BLEU-4). */
export interface Metric<Name extends string = string> {
  names: readonly Name[];
  /** One value for each of `names`. Both maps have the same ids, checked before. */
  score(candidates: Candidates, references: References): MetricValue[];
}

/** Arithmetic mean. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
