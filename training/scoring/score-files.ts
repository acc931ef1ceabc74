import { openDataset } from "../dataset/index.js";
import { readPredictions } from "./read-predictions.js";
import { type ScoreOptions, type ScoreReport, scorePredictions } from "./score-predictions.js";

/** Scores a predictions file against the captions of a data set, whose images need not be there. */
export async function scoreFiles(predictions: string, references: string, options: ScoreOptions): Promise<ScoreReport> {
  const read = await readPredictions(predictions);
  const dataset = await openDataset(references, { format: options.format, requireImages: false });
  return scorePredictions(read, dataset, options);
}
