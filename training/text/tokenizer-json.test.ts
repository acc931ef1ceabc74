import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ShowtellError } from "../../errors/index.js";
import { fromTokenizerJson, toTokenizerJson } from "./tokenizer-json.js";
import { Vocabulary } from "./vocabulary.js";

const WORDS = fc.uniqueArray(fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom("constructor", "12", "ca", "n't")), {
  maxLength: 40,
});

test("a vocabulary survives tokenizer.json, words that are numbers or names of object members included", () => {
  fc.assert(
    fc.property(WORDS, (words) => {
      const vocabulary = Vocabulary.build([words]);
      assert.deepEqual(fromTokenizerJson(toTokenizerJson(vocabulary)).words, vocabulary.words);
    }),
  );
});

test("the file carries what other readers of the format need", () => {
  const file = JSON.parse(toTokenizerJson(Vocabulary.build([["dog", "a", "dog"]])));
  assert.equal(file.version, "1.0");
  assert.deepEqual(file.model, {
    type: "WordLevel",
    vocab: { "<pad>": 0, "<start>": 1, "<end>": 2, "<unk>": 3, dog: 4, a: 5 },
    unk_token: "<unk>",
  });
  assert.deepEqual(
    file.added_tokens.map((token: { id: number; content: string; special: boolean }) => [
      token.id,
      token.content,
      token.special,
    ]),
    [
      [0, "<pad>", true],
      [1, "<start>", true],
      [2, "<end>", true],
      [3, "<unk>", true],
    ],
  );
});

const model = (vocab: unknown) => JSON.stringify({ model: { type: "WordLevel", vocab } });
const specials = { "<pad>": 0, "<start>": 1, "<end>": 2, "<unk>": 3 };
for (const [what, json] of [
  ["no JSON", "{"],
  ["JSON of something else", "null"],
  ["another model", JSON.stringify({ model: { type: "BPE", vocab: {} } })],
  ["no vocabulary", model(null)],
  ["an id twice", model({ ...specials, a: 4, b: 4 })],
  ["a missing id", model({ ...specials, a: 5 })],
  ["a fractional id", model({ ...specials, a: 4.5 })],
  ["specials elsewhere", model({ a: 0, "<pad>": 1, "<start>": 2, "<end>": 3, "<unk>": 4 })],
] as const) {
  test(`refused: ${what}`, () => {
    assert.throws(
      () => fromTokenizerJson(json),
      (error) => error instanceof ShowtellError && error.code === "MODEL_INVALID",
    );
  });
}
