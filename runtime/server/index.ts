export { ShowtellError } from "../../errors/index.js";
export { ApiKeys, type Client, newApiKey } from "./api-keys.js";
export { type AppParts, createApp, type ShowtellApp } from "./app.js";
export { readConfig, ServerConfig, type ServerOptions } from "./config.js";
export { type FetchRules, ImageFetcher, isPublicAddress } from "./fetch-image.js";
export type { Reloaded } from "./models.js";
export type {
  CaptionAnswer,
  CaptionRequest,
  CaptionRequestOptions,
  CaptionsAnswer,
  ImageCaption,
  ModelsAnswer,
  Problem,
  ServedModel,
  Timings,
} from "./schemas.js";
export { type RunningServer, serve } from "./serve.js";
export type { Service } from "./service.js";
