import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import type { CaptionedImage } from "../dataset/index.js";
import { ImageIndex } from "./image-index.js";
import { matchPredictions } from "./match.js";
import type { Predictions } from "./read-predictions.js";

function imageOf(id: string, split: CaptionedImage["split"] = "test", captions = ["a dog"]): CaptionedImage {
  return { id, file: resolve("photos", id), captions, split };
}
const predictionsOf = (...pairs: [image: string, caption: string][]): Predictions => ({
  captions: pairs.map(([image, caption]) => ({ image, caption })),
  failed: [],
});
const scored = (predictions: Predictions, images: CaptionedImage[], split?: string) =>
  matchPredictions(predictions, images, split).pairs.map(({ image }) => image.id);

test("an image is found by its id, its path and its bare name", () => {
  const image = imageOf("12_ab.jpg");
  const index = new ImageIndex([image, imageOf("other.jpg")]);
  for (const name of ["12_ab.jpg", "photos/12_ab.jpg", resolve("photos/12_ab.jpg"), "/elsewhere/12_ab.jpg"]) {
    assert.equal(index.find(name), image, name);
  }
  for (const name of ["12_ab", "ab.jpg", "", "photos/"]) assert.equal(index.find(name), undefined, name);
});

test("COCO's numbers and file names stand for each other", () => {
  const byName = imageOf("COCO_val2014_000000391895.jpg");
  assert.equal(new ImageIndex([byName]).find("391895"), byName);
  const byNumber = imageOf("391895");
  for (const name of ["391895", "000000391895.jpg", "x/COCO_val2014_000000391895.jpg"]) {
    assert.equal(new ImageIndex([byNumber]).find(name), byNumber, name);
  }
  assert.equal(new ImageIndex([byName]).find("39189"), undefined);
});

test("a name that fits two images finds neither, a path finds its own", () => {
  const [a, b] = [imageOf("a/1.jpg"), imageOf("b/1.jpg")];
  const index = new ImageIndex([a, b]);
  assert.equal(index.find("1.jpg"), undefined);
  assert.equal(index.find("a/1.jpg"), a);
  assert.equal(index.find("photos/b/1.jpg"), b);
});

test("without a split those of the predictions are scored, and what they lack is named", () => {
  const images = [imageOf("1"), imageOf("2"), imageOf("3", "val"), imageOf("4", "train"), imageOf("5", "train", [])];
  const match = matchPredictions(predictionsOf(["1", "a"], ["3", "b"]), images);
  assert.deepEqual(match.splits, ["test", "val"]);
  assert.deepEqual(
    match.pairs.map(({ image, caption }) => [image.id, caption]),
    [
      ["1", "a"],
      ["3", "b"],
    ],
  );
  assert.deepEqual(match.warnings, { missing: ["2"] });
});

test("with a split others are left out, and said to be", () => {
  const images = [imageOf("1"), imageOf("2", "val"), imageOf("3", "train")];
  const predictions = predictionsOf(["1", "a"], ["2", "b"], ["3", "c"]);
  assert.deepEqual(scored(predictions, images, "test"), ["1"]);
  assert.deepEqual(scored(predictions, images, "dev"), ["2"]);
  assert.deepEqual(scored(predictions, images, "all"), ["1", "2", "3"]);
  assert.deepEqual(matchPredictions(predictions, images, "test").warnings, { otherSplit: ["2", "3"] });
  assert.deepEqual(matchPredictions(predictions, images, "all").warnings, {});
});

test("unknown, uncaptioned, repeated, empty and failed ones are counted", () => {
  const images = [imageOf("1"), imageOf("2"), imageOf("3", "test", [])];
  const predictions = predictionsOf(["1", "a"], ["photos/1", "a"], ["2", " "], ["3", "c"], ["4", "d"]);
  const match = matchPredictions({ ...predictions, failed: ["5"] }, images);
  assert.deepEqual(
    match.pairs.map(({ image }) => image.id),
    ["1", "2"],
  );
  assert.deepEqual(match.warnings, {
    failed: ["5"],
    repeated: ["photos/1"],
    unknown: ["4"],
    empty: ["2"],
    uncaptioned: ["3"],
  });
});

test("two different captions of one image are refused", () => {
  assert.throws(() => matchPredictions(predictionsOf(["1", "a"], ["photos/1", "b"]), [imageOf("1")]), {
    code: "PREDICTIONS_CONFLICT",
    message: /photos\/1/,
  });
});

test("predictions of nothing in the references are refused", () => {
  const images = [imageOf("1"), imageOf("2", "train", [])];
  const mismatch = { code: "SCORE_MISMATCH" };
  assert.throws(() => matchPredictions(predictionsOf(["9", "a"]), images), mismatch);
  assert.throws(() => matchPredictions(predictionsOf(["2", "a"]), images), mismatch);
  assert.throws(() => matchPredictions(predictionsOf(["1", "a"]), images, "val"), {
    ...mismatch,
    message: /split "val"/,
  });
});
