import type { Manifest } from "./manifest.js";
import { toSentence } from "./sentence.js";
import type { Tokenizer } from "./tokenizer.js";
import type { Decoding } from "./types.js";

/** What is not given is as the model's manifest has it. */
export interface CaptionOptions {
  /** Hypotheses kept in the search; 1 is greedy. */
  beam?: number;
  /** Most words. */
  maxLength?: number;
  /** Score = log-probability / (words + 1)^lengthExponent. */
  lengthExponent?: number;
  /** How many further captions to give; 0 by default. */
  alternatives?: number;
  signal?: AbortSignal;
}

/** A caption of one image. */
export interface Caption {
  /** Plain words, lower case, joined by spaces. */
  caption: string;
  /** The same as people write it: "A dog runs across the grass." */
  sentence: string;
  words: string[];
  /** Their ids in the tokenizer. */
  tokens: number[];
  /** Log-probability over (words + 1)^lengthExponent: comparable between captions of one image. */
  score: number;
  logProbability: number;
  /** [words, rows x columns of `grid`]: where the model looked for each word; a word's weights sum to 1. */
  attention: Float32Array;
  /** Rows and columns of the attention maps. */
  grid: [rows: number, columns: number];
  /** The next best captions, best first. */
  alternatives: { caption: string; score: number }[];
}

/** A decoding in words. */
export function writeCaption(decoding: Decoding, tokenizer: Tokenizer, manifest: Manifest): Caption {
  const { tokens, score, logProbability, attention, alternatives } = decoding;
  const words = tokens.map((token) => tokenizer.words[token]!);
  return {
    caption: words.join(" "),
    sentence: toSentence(words),
    words,
    tokens,
    score,
    logProbability,
    attention,
    grid: manifest.backbone.featureShape.grid,
    alternatives: alternatives.map(({ tokens, score }) => ({ caption: tokenizer.decode(tokens), score })),
  };
}

/** The options of the search where `asked` leaves them to the manifest. */
export function decodingOptions(asked: CaptionOptions, { decoding }: Manifest) {
  return {
    beam: asked.beam ?? decoding.beam,
    maxLength: asked.maxLength ?? decoding.maxLength,
    lengthExponent: asked.lengthExponent ?? decoding.lengthExponent,
    alternatives: asked.alternatives ?? 0,
  };
}
