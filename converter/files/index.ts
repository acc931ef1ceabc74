export { type ModelFiles, openModel } from "./model.js";
export { checkOutput, type StagedModel, stageModel, type WriteOptions } from "./write.js";
