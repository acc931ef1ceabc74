import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../../files/package-root.js";
import { METRIC_NAMES, type MetricScores, type Scores, scoreCaptions } from "./index.js";

const words = (sentence: string) => sentence.split(" ").filter(Boolean);

interface Image {
  candidate: string;
  references: string[];
}

function score(images: Image[]): Scores {
  return scoreCaptions(
    new Map(images.map(({ candidate }, i) => [String(i), words(candidate)])),
    new Map(images.map(({ references }, i) => [String(i), references.map(words)])),
  );
}

/** Relative, so that the tiny values of unmatched orders are compared too; the floor is coco-caption's own 1e-15. */
function assertClose(actual: number, expected: number, what: string): void {
  const difference = Math.abs(actual - expected);
  assert.ok(difference <= 1e-9 * Math.abs(expected) + 1e-15, `${what}: ${actual} for ${expected}`);
}

function assertScores(actual: MetricScores, expected: readonly number[], what: string): void {
  METRIC_NAMES.forEach((name, i) => {
    assertClose(actual[name], expected[i], `${name} of ${what}`);
  });
}

const images: Image[] = [
  {
    candidate: "a dog is running through the grass",
    references: [
      "a dog runs across the green grass",
      "a brown dog is running through a field",
      "the dog plays in the grass",
    ],
  },
  {
    candidate: "two boys play soccer on the grass",
    references: [
      "two children play soccer on a field",
      "kids kicking a ball",
      "two young boys are playing soccer outside on the grass",
    ],
  },
  {
    candidate: "a man",
    references: ["a man rides a bike down a hill", "a cyclist on a mountain trail", "man riding a bicycle"],
  },
];
const BLEU = [0.8824969024742833, 0.7740009853231018, 0.5957792902209232, 0.3908137658420353];
const BLEU_EMPTY = [0.7514772929679324, 0.6507984260735168, 0.5030636611444984, 0.33069199272962724];

test("three captions score as in the reference Python", () => {
  const scores = score(images);
  assertScores(scores, [...BLEU, 0.5679353984369412, 1.6734374129331064], "the set");
  const perImage = [
    [0.6587473002159828, 2.3393014543894126],
    [0.6841121495327103, 1.8088059908356824],
    [0.3609467455621302, 0.8722047935742243],
  ];
  perImage.forEach(([rouge, cider], i) => {
    assertClose(scores.perImage.get(String(i))!["ROUGE-L"], rouge, `ROUGE-L of ${i}`);
    assertClose(scores.perImage.get(String(i))!["CIDEr-D"], cider, `CIDEr-D of ${i}`);
  });
});

test("an empty caption scores as in the reference Python", () => {
  const scores = score([...images.slice(0, 2), { ...images[2], candidate: "" }]);
  assertScores(scores, [...BLEU_EMPTY, 0.44761981658289773, 1.3827024817416984], "the set");
});

test("random sets score as in pycocoevalcap, the whole and each image", () => {
  const lines = readFileSync(join(packageRoot(), "training/metrics/golden/coco-caption.jsonl"), "utf8")
    .trim()
    .split("\n");
  let compared = 0;
  for (const [line, text] of lines.entries()) {
    const set = JSON.parse(text) as { scores: number[]; images: (Image & { scores: number[] })[] };
    const scores = score(set.images);
    assertScores(scores, set.scores, `set ${line + 1}`);
    set.images.forEach((image, i) => {
      assertScores(scores.perImage.get(String(i))!, image.scores, `set ${line + 1}, image ${i + 1}`);
      compared++;
    });
  }
  assert.ok(compared > 200, `${compared} images compared`);
});
