import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../files/package-root.js";
import { tokenize } from "./tokenize.js";

const golden: { caption: string; words: string[] }[] = JSON.parse(
  readFileSync(join(packageRoot(), "training/text/testdata/ptb-golden.json"), "utf8"),
);

test("tricky captions are split as pycocoevalcap 1.2 with Stanford's tokeniser splits them", () => {
  assert.ok(golden.length > 30);
  for (const { caption, words } of golden) assert.deepEqual(tokenize(caption), words, caption);
});

test("words are lower case, without blanks, and nothing that a caption holds makes the tokeniser fail", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (caption) => {
      for (const word of tokenize(caption)) {
        assert.match(word, /^\S+$/u);
        assert.equal(word, word.toLowerCase());
      }
    }),
  );
});

test("ordinary words pass through, whatever blanks part them", () => {
  const word = fc.stringMatching(/^[a-z]{1,12}$/).filter((w) => tokenize(w).length === 1);
  fc.assert(
    fc.property(fc.array(word), fc.constantFrom(" ", "  ", "\t", "\n", " , ", ' " ', " ; "), (words, between) => {
      assert.deepEqual(tokenize(words.join(between)), words);
    }),
  );
});

// The caption files' own tokens drop every mark; where a caption has letters and blanks alone, both agree.
const karpathy = join(packageRoot(), "../shared/data/flickr8k/dataset_flickr8k.json");
test("plain captions of Flickr8k: the tokens that Karpathy's file gives", { skip: !existsSync(karpathy) }, () => {
  const { images } = JSON.parse(readFileSync(karpathy, "utf8"));
  let compared = 0;
  for (const { sentences } of images.slice(0, 500)) {
    for (const { raw, tokens } of sentences) {
      if (!/^[A-Za-z ,]+\.?$/.test(raw)) continue;
      assert.deepEqual(tokenize(raw), tokens, raw);
      compared++;
    }
  }
  assert.ok(compared > 1000);
});
