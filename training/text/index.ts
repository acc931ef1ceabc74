export { tokenize } from "./tokenize.js";
export { fromTokenizerJson, toTokenizerJson } from "./tokenizer-json.js";
export { SPECIAL_TOKENS, SPECIAL_WORDS, Vocabulary } from "./vocabulary.js";
