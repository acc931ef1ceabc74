export { type ExportOptions, type ExportResult, exportRun } from "./export-run.js";
export { exportKserve, type KserveOptions } from "./kserve.js";
export { modelCard } from "./model-card.js";
export { exportTriton, type TritonOptions } from "./triton.js";
