export { defaultCacheFolder } from "./cache-folder.js";
export { extractFeatures } from "./extract.js";
export type { ExtractionOptions, ExtractionProgress, FeatureStore, ImageFile, UnreadableImage } from "./types.js";
