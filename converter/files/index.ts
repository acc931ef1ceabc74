export { type ModelFiles, openModel } from "./model.js";
