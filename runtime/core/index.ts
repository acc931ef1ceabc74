export { type Caption, type CaptionOptions, decodingOptions, writeCaption } from "./caption.js";
export { DEFAULT_DECODING, decode } from "./decode.js";
export { graphFaults, listGraphs } from "./graph-contract.js";
export {
  type GraphFile,
  type GraphRole,
  type GraphValue,
  MANIFEST_SCHEMA_ID,
  Manifest,
  manifestJsonSchema,
  type Precision,
  type Preprocessing,
  parseManifest,
  type StoredFile,
} from "./manifest.js";
export { modelFaults } from "./model-faults.js";
export { toSentence } from "./sentence.js";
export { parseTokenizer, type Tokenizer } from "./tokenizer.js";
export type {
  DecoderInput,
  DecoderOutput,
  DecoderStep,
  Decoding,
  DecodingOptions,
  EncodedImages,
  FloatTensor,
  SpecialTokens,
} from "./types.js";
