import { ShowtellError } from "../../errors/index.js";
import { SPECIAL_WORDS, Vocabulary } from "./vocabulary.js";

/**
 * The vocabulary in Hugging Face's tokenizers format: a WordLevel model over lower-cased text split at blanks, the special
 * words as added tokens. Ids decode to words joined by blanks in any language that has the library.
 */
export function toTokenizerJson(vocabulary: Vocabulary): string {
  const file = {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_WORDS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: null,
    model: {
      type: "WordLevel",
      // JSON puts words that are numbers first: harmless, as each word carries its id.
      vocab: Object.fromEntries(vocabulary.words.map((word, id) => [word, id])),
      unk_token: "<unk>",
    },
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Reads what toTokenizerJson wrote. @throws ShowtellError MODEL_INVALID */
export function fromTokenizerJson(json: string): Vocabulary {
  const words: string[] = [];
  for (const [word, id] of vocabularyEntries(json)) {
    if (!Number.isInteger(id) || id < 0) invalid(`the id of "${word}" is no whole number`);
    if (words[id] !== undefined) invalid(`id ${id} has two words, "${words[id]}" and "${word}"`);
    words[id] = word;
  }
  for (let id = 0; id < words.length; id++) if (words[id] === undefined) invalid(`no word has the id ${id}`);
  SPECIAL_WORDS.forEach((word, id) => {
    if (words[id] !== word) invalid(`id ${id} is not ${word}`);
  });
  return new Vocabulary(words.slice(SPECIAL_WORDS.length));
}

function vocabularyEntries(json: string): [string, number][] {
  let file: { model?: { type?: string; vocab?: Record<string, number> } } | null;
  try {
    file = JSON.parse(json);
  } catch (error) {
    invalid(`it is not JSON (${(error as Error).message})`);
  }
  if (file?.model?.type !== "WordLevel" || typeof file.model.vocab !== "object" || !file.model.vocab) {
    invalid("it has no WordLevel model");
  }
  return Object.entries(file.model.vocab);
}

function invalid(what: string): never {
  throw new ShowtellError("MODEL_INVALID", `The tokenizer file cannot be used: ${what}.`);
}
