/** Training in TypeScript on TensorFlow.js: `import { train } from "showtell/training"`. */
export { type Backbone, openBackbone } from "./backbone/index.js";
export { type CaptionedImage, type Dataset, describeReport, openDataset } from "./dataset/index.js";
export { type Engine, startEngine } from "./engine/index.js";
export { evaluateModel, recordEvaluation } from "./evaluate/index.js";
export { exportKserve, exportRun, exportTriton } from "./export/index.js";
export { extractFeatures, type FeatureStore } from "./features/index.js";
export { TrainingOptions } from "./learn/options.js";
export { resolveOptions } from "./learn/resolve-options.js";
export { type RunDescription, RunFolder } from "./learn/run-folder.js";
export { type TrainingEvents, type TrainingResult, train } from "./learn/train.js";
export { scoreCaptions } from "./metrics/index.js";
export { type ReportOptions, type ReportResult, writeReport } from "./report/index.js";
export { tokenize, Vocabulary } from "./text/index.js";
