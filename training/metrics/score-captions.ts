import { ShowtellError } from "../../errors/index.js";
import { METRICS, type MetricName } from "./registry.js";
import type { Candidates, References } from "./types.js";

export type MetricScores = Record<MetricName, number>;

/** Scores of the whole set, each metric by its name, and those of each image. BLEU's is not the mean of its images'. */
export type Scores = MetricScores & { perImage: Map<string, MetricScores> };

/**
 * Scores tokenised captions against tokenised references with every metric of the registry, as coco-caption does.
 * Both maps must have the same images: CIDEr-D weighs n-grams by the references of exactly the scored images.
 * @throws ShowtellError SCORE_MISMATCH where they have not, where an image lacks references, or where there is no image
 */
export function scoreCaptions(candidates: Candidates, references: References): Scores {
  checkImages(candidates, references);
  const ids = [...candidates.keys()];
  const scores: Record<string, number> = {};
  const perImage = new Map<string, Record<string, number>>(ids.map((id) => [id, {}]));
  for (const metric of METRICS) {
    const values = metric.score(candidates, references);
    metric.names.forEach((name, i) => {
      scores[name] = values[i].corpus;
      ids.forEach((id, image) => {
        perImage.get(id)![name] = values[i].perImage[image];
      });
    });
  }
  return { ...scores, perImage } as Scores;
}

function checkImages(candidates: Candidates, references: References): void {
  if (candidates.size === 0) throw new ShowtellError("SCORE_MISMATCH", "There is no caption to score.");
  const bare = [...candidates.keys()].filter((id) => !references.get(id)?.length);
  if (bare.length > 0) {
    throw new ShowtellError("SCORE_MISMATCH", `${bare.length} captioned images have no references, first: ${bare[0]}.`);
  }
  const missing = [...references.keys()].filter((id) => !candidates.has(id));
  if (missing.length > 0) {
    throw new ShowtellError("SCORE_MISMATCH", `${missing.length} images have no caption, first: ${missing[0]}.`);
  }
}
