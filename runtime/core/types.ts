/** A dense float32 tensor in row-major order. */
export interface FloatTensor {
  data: Float32Array;
  dims: number[];
}

/**
 * What the encoder gives for N images: L locations of D features, their attention projection of size A, the first state of
 * size H (the states of all LSTMs of the decoder side by side).
 */
export interface EncodedImages {
  /** [N, L, D] */
  features: FloatTensor;
  /** [N, L, A] */
  projected: FloatTensor;
  /** [N, H] */
  hidden: FloatTensor;
  /** [N, H] */
  cell: FloatTensor;
}

/** What one decoder step reads, for R rows (R = live hypotheses of all images). */
export interface DecoderInput {
  /** [R] the word before */
  token: BigInt64Array;
  /** [R, H] */
  hidden: FloatTensor;
  /** [R, H] */
  cell: FloatTensor;
  /** [R, L, D] */
  features: FloatTensor;
  /** [R, L, A] */
  projected: FloatTensor;
}

/** What one decoder step gives. */
export interface DecoderOutput {
  /** [R, V] unnormalised log-probabilities of the next word */
  logits: FloatTensor;
  /** [R, H] */
  hidden: FloatTensor;
  /** [R, H] */
  cell: FloatTensor;
  /** [R, L]; what a row lacks to 1 is the share of a visual sentinel, of which some decoders read instead of the image */
  attention: FloatTensor;
}

/**
 * Runs the decoder once over all rows. The input's arrays are lent for the call: the step must neither keep, change nor
 * detach them (the feature arrays are reused for the next word).
 */
export type DecoderStep = (input: DecoderInput) => Promise<DecoderOutput>;

/** Ids of the words with a meaning of their own. */
export interface SpecialTokens {
  pad: number;
  start: number;
  end: number;
  unk: number;
}

export interface DecodingOptions {
  /** Hypotheses kept an image; 1 is greedy decoding. */
  beam: number;
  /** Most words of a caption. */
  maxLength: number;
  /** A finished caption's score is its log-probability divided by (words + 1)^lengthExponent; 0 or more. */
  lengthExponent: number;
  /** How many further captions an image to report beside the best; 0 by default. */
  alternatives?: number;
  /** Stops between two words; `decode` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told of each word as it is written, with its image's index; greedy decoding (beam 1) alone. */
  onWord?: (image: number, token: number) => void;
}

/** The decoding of one image. */
export interface Decoding {
  /** Word ids, without start and end. */
  tokens: number[];
  /** Natural logarithm of the caption's probability, its end included. */
  logProbability: number;
  /** logProbability / (words + 1)^lengthExponent */
  score: number;
  /** [T, L]: where the decoder looked when it wrote each word. */
  attention: Float32Array;
  /** The next best captions, best first. */
  alternatives: { tokens: number[]; score: number }[];
}
