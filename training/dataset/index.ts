export { type OpenOptions, openDataset } from "./open-dataset.js";
export { FORMATS } from "./registry.js";
export { describeReport } from "./report.js";
export type { CaptionedImage, Counted, Dataset, DatasetFormat, DatasetReport, Split } from "./types.js";
