import { ShowtellError } from "../../errors/index.js";
import type { Dataset, DatasetReport } from "../dataset/index.js";
import { type MetricScores, scoreCaptions } from "../metrics/index.js";
import { tokenize } from "../text/index.js";
import { matchPredictions, WARNINGS, type WarningKind } from "./match.js";
import type { Predictions } from "./read-predictions.js";

export interface ScoreOptions {
  /** `train`, `val` (or `dev`), `test`, `all`; without it every split that the predictions touch. */
  split?: string;
  /** Format of the references, where it is not recognised. */
  format?: string;
  /** Fail on the first warning. */
  strict?: boolean;
}

export interface ScoreWarning {
  kind: WarningKind;
  message: string;
  count: number;
  /** What it is about, by name; the first few where the references' reader names no more. */
  names: string[];
}

/** What scoring needs of a data set. */
export type ReferenceSet = Pick<Dataset, "name" | "images"> & { report: Pick<DatasetReport, "broken"> };

export interface ScoreReport {
  dataset: string;
  splits: string[];
  /** How many images were scored. Scores over different images do not compare. */
  images: number;
  references: number;
  scores: MetricScores;
  warnings: ScoreWarning[];
  perImage: { image: string; caption: string; scores: MetricScores }[];
}

/** Scores predictions against a data set's captions, both tokenised as coco-caption does. */
export function scorePredictions(
  predictions: Predictions,
  dataset: ReferenceSet,
  options: ScoreOptions = {},
): ScoreReport {
  const { pairs, splits, warnings: found } = matchPredictions(predictions, dataset.images, options.split);
  const warnings = (Object.keys(WARNINGS) as WarningKind[]).flatMap((kind) => {
    const names = kind === "broken" ? dataset.report.broken.first : (found[kind] ?? []);
    const count = kind === "broken" ? dataset.report.broken.count : names.length;
    return count > 0 ? [{ kind, message: `${WARNINGS[kind]}: ${count}`, count, names }] : [];
  });
  if (options.strict && warnings.length > 0) {
    throw new ShowtellError("SCORE_MISMATCH", `${warnings.map(describeWarning).join("; ")}.`);
  }
  const { perImage, ...scores } = scoreCaptions(
    new Map(pairs.map(({ image, caption }) => [image.id, tokenize(caption)])),
    new Map(pairs.map(({ image }) => [image.id, image.captions.map(tokenize)])),
  );
  return {
    dataset: dataset.name,
    splits,
    images: pairs.length,
    references: pairs.reduce((sum, { image }) => sum + image.captions.length, 0),
    scores,
    warnings,
    perImage: pairs.map(({ image, caption }) => ({ image: image.id, caption, scores: perImage.get(image.id)! })),
  };
}

/** A warning with the first it is about by name. */
export function describeWarning({ message, count, names }: ScoreWarning): string {
  return `${message} (${names.slice(0, 3).join(", ")}${count > 3 ? ", …" : ""})`;
}
