import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePredictions, readPredictions } from "./read-predictions.js";

const CAPTIONS = [
  { image: "1.jpg", caption: "a dog" },
  { image: "2.jpg", caption: "" },
];
const parse = (text: string) => parsePredictions(text, "p.json");

test("a JSON list, JSON Lines and what evaluate prints give the same", () => {
  const expected = { captions: CAPTIONS, failed: [] };
  assert.deepEqual(parse(JSON.stringify(CAPTIONS)), expected);
  assert.deepEqual(parse(`\uFEFF${JSON.stringify(CAPTIONS, null, 2)}\r\n`), expected);
  assert.deepEqual(parse(CAPTIONS.map((line) => JSON.stringify(line)).join("\r\n\n")), expected);
  assert.deepEqual(parse(JSON.stringify({ scores: {}, predictions: CAPTIONS })), expected);
});

test("one line of caption --json is a file of its own", () => {
  const line = {
    image: "1.jpg",
    caption: "a dog",
    score: -7,
    tokens: [1],
    alternatives: [{ caption: "dogs", score: -8 }],
  };
  assert.deepEqual(parse(JSON.stringify(line)).captions, [{ image: "1.jpg", caption: "a dog" }]);
});

test("COCO results and annotations: the image's number, not the annotation's", () => {
  const entries = [{ image_id: 42, id: 7, caption: "a dog" }];
  assert.deepEqual(parse(JSON.stringify(entries)).captions, [{ image: "42", caption: "a dog" }]);
  assert.deepEqual(parse('[{"id": "x", "caption": "a dog"}]').captions[0].image, "x");
});

test("errors in the place of captions are counted, not scored", () => {
  const text = '{"image": "1.jpg", "caption": "a dog"}\n{"image": "2.jpg", "error": {"code": "IMAGE_UNREADABLE"}}\n';
  assert.deepEqual(parse(text), { captions: [CAPTIONS[0]], failed: ["2.jpg"] });
});

test("what is no predictions file is refused, with its place named", () => {
  const refused: [text: string, message: RegExp][] = [
    ["", /p\.json holds no caption/],
    ["[]", /holds no caption/],
    ["image,caption\n1.jpg,a dog", /p\.json, line 1: not JSON/],
    ['{"image": "1.jpg", "caption": "a dog"}\n{"image": "2.j', /line 2: not JSON/],
    ['[{"image": "1.jpg", "caption": "a dog"}, {"caption": "a dog"}]', /entry 2: no image/],
    ['[{"image": "1.jpg", "caption": ["a", "dog"]}]', /entry 1: no caption of image 1\.jpg/],
    ['[{"image": "1.jpg"}]', /entry 1: no caption/],
    ["[null, 3]", /entry 1: no image/],
    ["null", /line 1: no image/],
    ['{"image": "2.jpg", "error": {"code": "IMAGE_UNREADABLE"}}', /holds no caption/],
  ];
  for (const [text, message] of refused)
    assert.throws(() => parse(text), { code: "PREDICTIONS_FORMAT", message }, text);
});

test("a missing file is named", async () => {
  await assert.rejects(readPredictions("nowhere/p.json"), { code: "FILE_NOT_FOUND", message: /nowhere/ });
});
