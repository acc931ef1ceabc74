export { type ErrorCode, ShowtellError } from "../../errors/index.js";
export type { Caption, CaptionOptions, Manifest, Precision } from "../core/index.js";
export type { Captioner } from "./captioner.js";
export type { PassedOver } from "./choose-provider.js";
export type { ImageLike } from "./image-source.js";
export { loadCaptioner } from "./load.js";
export type {
  BrotliModule,
  Device,
  LoadOptions,
  LoadProgress,
  Provider,
  RuntimeFile,
  StreamedWord,
  TimedCaption,
  Timings,
} from "./types.js";
