export { type CaptionedImages, captionImages, imagesOfSplit } from "./caption-images.js";
export { type EvaluateOptions, type Evaluation, evaluateModel, recordEvaluation } from "./evaluate-model.js";
