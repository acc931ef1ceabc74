import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Vocabulary } from "./vocabulary.js";

test("ids: the special words, then words by falling count, ties alphabetical", () => {
  const vocabulary = Vocabulary.build([["b", "a", "c", "c"], ["d", "b", "a", "c"], ["e"]], { minimumCount: 2 });
  assert.deepEqual(vocabulary.words, ["<pad>", "<start>", "<end>", "<unk>", "c", "a", "b"]);
  assert.equal(vocabulary.size, 7);
  assert.deepEqual(vocabulary.encode(["a", "zebra", "c"]), [5, 3, 4]);
  assert.deepEqual(vocabulary.decode([5, 3, 4]), ["a", "<unk>", "c"]);
});

test("a caption cannot smuggle in a special word", () => {
  assert.deepEqual(Vocabulary.build([["<end>", "dog", "<end>", "__proto__"]]).words.slice(4), ["dog"]);
});

test("decoding undoes encoding for every word that is counted often enough", () => {
  const captions = fc.array(fc.array(fc.constantFrom(..."abcdefgh")));
  fc.assert(
    fc.property(captions, fc.integer({ min: 1, max: 4 }), (words, minimumCount) => {
      const vocabulary = Vocabulary.build(words, { minimumCount });
      const flat = words.flat();
      for (const word of new Set(flat)) {
        const often = flat.filter((other) => other === word).length >= minimumCount;
        assert.deepEqual(vocabulary.decode(vocabulary.encode([word])), [often ? word : "<unk>"]);
      }
    }),
  );
});

test("faults of the caller are named", () => {
  assert.throws(() => new Vocabulary(["a", "a"]), /twice/);
  assert.throws(() => new Vocabulary(["a"]).decode([5]), /No word has the id 5/);
});
