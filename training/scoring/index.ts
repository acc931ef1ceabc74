export { type Predictions, parsePredictions, readPredictions } from "./read-predictions.js";
export { scoreFiles } from "./score-files.js";
export {
  describeWarning,
  type ScoreOptions,
  type ScoreReport,
  type ScoreWarning,
  scorePredictions,
} from "./score-predictions.js";
