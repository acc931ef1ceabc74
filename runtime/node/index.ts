export { ShowtellError } from "../../errors/index.js";
export type { Manifest, Precision } from "../core/index.js";
export { attentionPicture } from "./attention-picture.js";
export type {
  Caption,
  CaptionerOptions,
  CaptionOptions,
  CaptionResult,
  ImageFailure,
  ImageInput,
  PixelCaptionOptions,
} from "./caption-types.js";
export { type Captioner, loadCaptioner } from "./captioner.js";
export { decodeImage, type ImageLimits } from "./image.js";
export { loadModel, type Model } from "./model.js";
export { DEFAULT_MODEL, findModels, resolveModel } from "./model-paths.js";
export type { Device, Provider } from "./session.js";
export {
  type GraphCheck,
  type ModelCheck,
  type ModelVerification,
  type VerifyOptions,
  verifyModel,
} from "./verify-model.js";
export type { TensorValue } from "./worker-protocol.js";
