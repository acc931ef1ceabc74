import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTokenizer, toSentence } from "./index.js";

const SPECIAL = { "<pad>": 0, "<start>": 1, "<end>": 2, "<unk>": 3 };

function tokenizerJson(vocab: Record<string, number>, addedTokens: { id: number; content: string }[] = []): string {
  const model = { type: "WordLevel", vocab, unk_token: "<unk>" };
  return JSON.stringify({ version: "1.0", added_tokens: addedTokens, normalizer: null, model });
}

test("a tokenizer gives words and special ids, and writes ids as words", () => {
  const tokenizer = parseTokenizer(tokenizerJson({ ...SPECIAL, a: 4, dog: 5 }, [{ id: 0, content: "<pad>" }]));
  assert.deepEqual(tokenizer.words, ["<pad>", "<start>", "<end>", "<unk>", "a", "dog"]);
  assert.deepEqual(tokenizer.tokens, { pad: 0, start: 1, end: 2, unk: 3 });
  assert.equal(tokenizer.decode([1, 4, 5, 2, 4, 0]), "a dog");
  assert.equal(tokenizer.decode([]), "");
  assert.throws(() => tokenizer.decode([6]), { code: "MODEL_INVALID", message: /id 6/ });
});

test("special tokens may be among the added ones only", () => {
  const added = Object.entries(SPECIAL).map(([content, id]) => ({ content, id: id + 2 }));
  assert.deepEqual(parseTokenizer(tokenizerJson({ a: 0, dog: 1 }, added)).tokens, { pad: 2, start: 3, end: 4, unk: 5 });
});

test("words like constructor or __proto__ are words", () => {
  const json = tokenizerJson({ ...SPECIAL, constructor: 4 }).replace(
    '"constructor"',
    '"toString":5,"__proto__x":6,"constructor"',
  );
  assert.equal(parseTokenizer(json).decode([4, 5, 6]), "constructor toString __proto__x");
});

test("what is wrong with a tokenizer file is said", () => {
  const wrong: [string, RegExp][] = [
    ["{", /not JSON/],
    ['{"model":{"type":"BPE","vocab":{}}}', /model\.type/],
    [tokenizerJson({ "<pad>": 0, "<start>": 1, "<end>": 2 }), /<unk> is missing/],
    [tokenizerJson({ ...SPECIAL, a: 5 }), /no word has the id 4/],
    [tokenizerJson({ ...SPECIAL, a: 2_000_000_000 }), /no word has the id 4/],
    [tokenizerJson({ ...SPECIAL, a: 3 }), /id 3 has two words/],
    [tokenizerJson({ ...SPECIAL, a: -1 }), /vocab\.a/],
  ];
  for (const [json, message] of wrong) assert.throws(() => parseTokenizer(json), { code: "MODEL_INVALID", message });
});

test("words become a sentence as people write it", () => {
  assert.equal(toSentence(["a", "dog", "runs"]), "A dog runs.");
  assert.equal(toSentence(["a", "man", "'s", "hat", "is", "n't", "red", ",", "too"]), "A man's hat isn't red, too.");
  assert.equal(toSentence(["écoliers", "play", "."]), "Écoliers play.");
  assert.equal(toSentence([]), "");
});
