import type { Metric } from "./types.js";
import { mean } from "./types.js";

/** Weight of recall against precision, as coco-caption sets it. */
const BETA_SQUARED = 1.2 ** 2;

/**
 * ROUGE-L (Lin 2004, eq. 2 to 4) as coco-caption computes it: precision and recall are each the best over the
 * references, so they may come from different ones; the set's value is the mean over images.
 */
export const rougeL: Metric<"ROUGE-L"> = {
  names: ["ROUGE-L"],
  score(candidates, references) {
    const perImage = [...candidates].map(([id, candidate]) => rougeLOf(candidate, references.get(id)!));
    return [{ corpus: mean(perImage), perImage }];
  },
};

/** ROUGE-L of one caption. */
export function rougeLOf(candidate: readonly string[], references: readonly (readonly string[])[]): number {
  const words = orEmptyWord(candidate);
  let precision = 0;
  let recall = 0;
  for (const reference of references.map(orEmptyWord)) {
    const common = longestCommonSubsequence(words, reference);
    precision = Math.max(precision, common / words.length);
    recall = Math.max(recall, common / reference.length);
  }
  if (precision === 0) return 0;
  return ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision);
}

/** coco-caption splits at single spaces, which makes one empty word of an empty sentence. */
function orEmptyWord(sentence: readonly string[]): readonly string[] {
  return sentence.length === 0 ? [""] : sentence;
}

/** Length of the longest common subsequence, one row of the table at a time. */
export function longestCommonSubsequence(a: readonly string[], b: readonly string[]): number {
  const row = new Uint32Array(b.length + 1);
  for (const word of a) {
    let diagonal = 0;
    for (let j = 1; j <= b.length; j++) {
      const above = row[j];
      row[j] = word === b[j - 1] ? diagonal + 1 : Math.max(above, row[j - 1]);
      diagonal = above;
    }
  }
  return row[b.length];
}
