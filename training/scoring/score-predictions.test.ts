import assert from "node:assert/strict";
import { test } from "node:test";
import type { CaptionedImage } from "../dataset/index.js";
import { describeWarning, scorePredictions } from "./score-predictions.js";

const imageOf = (id: string, captions: string[], split: CaptionedImage["split"] = "test"): CaptionedImage => ({
  id,
  file: `/photos/${id}`,
  captions,
  split,
});

/** The golden set of the metrics, as people write captions: with capitals and full stops. */
const dataset = {
  name: "three",
  images: [
    imageOf("1.jpg", [
      "A dog runs across the green grass.",
      "A brown dog is running through a field .",
      "The dog plays in the grass",
    ]),
    imageOf("2.jpg", [
      "Two children play soccer on a field.",
      "Kids kicking a ball!",
      "Two young boys are playing soccer, outside on the grass.",
    ]),
    imageOf("3.jpg", ["A man rides a bike down a hill.", "A cyclist on a mountain trail.", "Man riding a bicycle."]),
    imageOf("4.jpg", ["Elsewhere."], "train"),
  ],
  report: { broken: { count: 0, first: [] as string[] } },
};
const predictions = {
  captions: [
    { image: "1.jpg", caption: "A dog is running through the grass." },
    { image: "2.jpg", caption: "two boys play soccer on the grass" },
    { image: "3.jpg", caption: "A man" },
  ],
  failed: [],
};

test("raw captions and predictions are tokenised and score as the reference Python does", () => {
  const report = scorePredictions(predictions, dataset);
  assert.deepEqual(
    [report.dataset, report.splits, report.images, report.references, report.warnings],
    ["three", ["test"], 3, 9, []],
  );
  assert.ok(Math.abs(report.scores["CIDEr-D"] - 1.6734374129331064) < 1e-9);
  assert.ok(Math.abs(report.scores["BLEU-4"] - 0.3908137658420353) < 1e-9);
  assert.ok(Math.abs(report.scores["ROUGE-L"] - 0.5679353984369412) < 1e-9);
  assert.deepEqual(
    report.perImage.map(({ image }) => image),
    ["1.jpg", "2.jpg", "3.jpg"],
  );
  assert.ok(Math.abs(report.perImage[2].scores["CIDEr-D"] - 0.8722047935742243) < 1e-9);
});

test("a part of the set is scored with its own document frequencies, and the rest is named", () => {
  const part = { captions: predictions.captions.slice(0, 2), failed: ["3.jpg"] };
  const report = scorePredictions(part, dataset);
  assert.equal(report.images, 2);
  assert.deepEqual(
    report.warnings.map(({ kind, names }) => [kind, names]),
    [
      ["missing", ["3.jpg"]],
      ["failed", ["3.jpg"]],
    ],
  );
  const alone = { ...dataset, images: dataset.images.slice(0, 2) };
  assert.deepEqual(scorePredictions(part, alone).scores, report.scores);
  assert.throws(() => scorePredictions(part, dataset, { strict: true }), {
    code: "SCORE_MISMATCH",
    message: /^images of the set without prediction.*: 1 \(3\.jpg\); images with an error.*: 1 /,
  });
});

test("a warning names its first three images", () => {
  const warning = { kind: "missing" as const, message: "none: 5", count: 5, names: ["a", "b", "c", "d", "e"] };
  assert.equal(describeWarning(warning), "none: 5 (a, b, c, …)");
});

test("references that cannot be read are a warning too", () => {
  const broken = { count: 20, first: ["captions.csv:7: no caption"] };
  const [warning] = scorePredictions(predictions, { ...dataset, report: { broken } }).warnings;
  assert.deepEqual([warning.kind, warning.count], ["broken", 20]);
  assert.match(describeWarning(warning), /cannot be read: 20 \(captions\.csv:7: no caption, …\)/);
});
