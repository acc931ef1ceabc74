export { type EvaluateOptions, type Evaluation, evaluateModel, recordEvaluation } from "./evaluate-model.js";
