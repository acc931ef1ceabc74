import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sentenceBleu } from "./bleu.js";
import { CiderD, METRIC_NAMES, type MetricScores, scoreCaptions } from "./index.js";
import { longestCommonSubsequence } from "./rouge-l.js";

const EPSILON = 1e-9;
const word = fc.constantFrom("a", "the", "dog", "man", "runs", "on", "grass", "constructor", "__proto__");
const sentence = fc.array(word, { minLength: 1, maxLength: 14 });
const image = fc.record({
  candidate: fc.array(word, { maxLength: 14 }),
  references: fc.array(sentence, { minLength: 1, maxLength: 5 }),
});
const set = fc.array(image, { minLength: 1, maxLength: 6 });
type Image = { candidate: string[]; references: string[][] };

const candidatesOf = (images: Image[]) => new Map(images.map(({ candidate }, i) => [`${i}`, candidate]));
const referencesOf = (images: Image[]) => new Map(images.map(({ references }, i) => [`${i}`, references]));
const score = (images: Image[]) => scoreCaptions(candidatesOf(images), referencesOf(images));

function assertSame(a: MetricScores, b: MetricScores): void {
  for (const name of METRIC_NAMES)
    assert.ok(Math.abs(a[name] - b[name]) < EPSILON, `${name}: ${a[name]} and ${b[name]}`);
}

test("the order of references and of images changes nothing", () => {
  fc.assert(
    fc.property(set, (images) => {
      const scores = score(images);
      const reversed = images.map(({ candidate, references }) => ({
        candidate,
        references: [...references].reverse(),
      }));
      const turned = score(reversed);
      assertSame(scores, turned);
      for (const [id, values] of scores.perImage) assertSame(values, turned.perImage.get(id)!);
      assertSame(scores, score([...images].reverse()));
    }),
  );
});

test("scores depend on which words are equal, not on the words", () => {
  const rename = (words: string[]) => words.map((each) => `${each}\u0000 ${each}`);
  fc.assert(
    fc.property(set, (images) => {
      const renamed = images.map(({ candidate, references }) => ({
        candidate: rename(candidate),
        references: references.map(rename),
      }));
      assertSame(score(images), score(renamed));
    }),
  );
});

test("every value lies in its range", () => {
  fc.assert(
    fc.property(set, (images) => {
      const { perImage, ...totals } = score(images);
      for (const values of [totals, ...perImage.values()]) {
        for (const name of METRIC_NAMES) {
          assert.ok(
            values[name] >= 0 && values[name] <= (name === "CIDEr-D" ? 10 : 1) + 1e-6,
            `${name}: ${values[name]}`,
          );
        }
      }
    }),
  );
});

test("BLEU-4 of a sentence alone is that of an image", () => {
  fc.assert(
    fc.property(set, (images) => {
      const { perImage } = score(images);
      for (const [i, { candidate, references }] of images.entries()) {
        assert.equal(sentenceBleu(candidate, references), perImage.get(`${i}`)!["BLEU-4"]);
      }
    }),
  );
});

test("captions equal to their only references get the full BLEU and ROUGE-L", () => {
  const long = fc.array(word, { minLength: 4, maxLength: 14 });
  fc.assert(
    fc.property(fc.array(long, { minLength: 1, maxLength: 6 }), (sentences) => {
      const scores = score(sentences.map((candidate) => ({ candidate, references: [candidate] })));
      for (const name of METRIC_NAMES.filter((metric) => metric !== "CIDEr-D")) {
        assert.ok(Math.abs(scores[name] - 1) < 1e-8, `${name}: ${scores[name]}`); // coco-caption's 1e-9 in the quotient
      }
    }),
  );
});

test("a caption equal to its only reference gets CIDEr-D 10 where all its n-grams tell images apart", () => {
  const images = ["a dog runs fast", "two men sit down"].map((text) => text.split(" "));
  const scores = score(images.map((candidate) => ({ candidate, references: [candidate] })));
  assert.ok(Math.abs(scores["CIDEr-D"] - 10) < EPSILON);
});

test("captions that share no word with the references get nothing", () => {
  const scores = score([
    { candidate: ["x", "y", "z", "x", "y"], references: [["a", "b", "c", "d", "e"]] },
    { candidate: ["q"], references: [["f", "g"]] },
  ]);
  for (const name of METRIC_NAMES) assert.ok(scores[name] < 1e-8, `${name}: ${scores[name]}`);
});

test("CiderD scores any caption against references given once, as scoring the set does", () => {
  fc.assert(
    fc.property(set, (images) => {
      const scorer = new CiderD(referencesOf(images));
      for (const round of [images, [...images].reverse()]) {
        const candidates = new Map(round.map(({ candidate }, i) => [`${i}`, candidate]));
        const { perImage } = scoreCaptions(candidates, referencesOf(images));
        for (const [id, candidate] of candidates) {
          assert.ok(Math.abs(scorer.score(id, candidate) - perImage.get(id)!["CIDEr-D"]) < EPSILON);
        }
      }
    }),
  );
});

test("the longest common subsequence agrees with its recursive definition", () => {
  const recursive = (a: string[], b: string[]): number => {
    if (a.length === 0 || b.length === 0) return 0;
    if (a[0] === b[0]) return 1 + recursive(a.slice(1), b.slice(1));
    return Math.max(recursive(a.slice(1), b), recursive(a, b.slice(1)));
  };
  const short = fc.array(word, { maxLength: 7 });
  fc.assert(fc.property(short, short, (a, b) => longestCommonSubsequence(a, b) === recursive(a, b)));
});

test("images without caption or reference are refused, not guessed", () => {
  const mismatch = { code: "SCORE_MISMATCH" };
  const candidates = new Map([["1", ["a"]]]);
  const references = new Map([["1", [["a"]]]]);
  assert.throws(() => scoreCaptions(new Map(), new Map()), mismatch);
  assert.throws(() => scoreCaptions(candidates, new Map()), mismatch);
  assert.throws(() => scoreCaptions(candidates, new Map([["1", []]])), mismatch);
  assert.throws(() => scoreCaptions(candidates, new Map([...references, ["2", [["a"]]]])), mismatch);
  assert.throws(() => new CiderD(references).score("2", ["a"]), mismatch);
});

test("1,000 images with 5 references are scored in half a second", () => {
  let state = 1;
  const next = (below: number) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
  const sentenceOf = () => Array.from({ length: 8 + next(8) }, () => `word${Math.floor(next(1000) ** 2 / 1000)}`);
  const images = Array.from({ length: 1000 }, () => ({
    candidate: sentenceOf(),
    references: Array.from({ length: 5 }, sentenceOf),
  }));
  // Several attempts: the machine may be busy with other work, and the code is compiled on the way.
  const times: number[] = [];
  do {
    const started = process.cpuUsage();
    score(images);
    const { user, system } = process.cpuUsage(started);
    times.push((user + system) / 1e6);
  } while (times.at(-1)! >= 0.5 && times.length < 10);
  assert.ok(times.at(-1)! < 0.5, `${times.join(", ")} s`);
});
