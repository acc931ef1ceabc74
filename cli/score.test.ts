import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { showtell } from "../test/command.js";

let folder: string;
const path = (name: string) => join(folder, name);
const score = (...args: string[]) =>
  showtell(["score", "--predictions", path("predictions.json"), "--references", path("captions.csv"), ...args]);

const CAPTIONS = `image,caption
1.jpg,A dog runs across the green grass.
1.jpg,A brown dog is running through a field.
1.jpg,The dog plays in the grass.
2.jpg,Two children play soccer on a field.
2.jpg,Kids kicking a ball.
2.jpg,"Two young boys are playing soccer, outside on the grass."
3.jpg,A man rides a bike down a hill.
3.jpg,A cyclist on a mountain trail.
3.jpg,Man riding a bicycle.
`;
const PREDICTIONS = [
  { image: "1.jpg", caption: "a dog is running through the grass" },
  { image: "photos/2.jpg", caption: "Two boys play soccer on the grass." },
  { image: "3.jpg", caption: "a man" },
];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-score-"));
  await writeFile(path("captions.csv"), CAPTIONS);
  await writeFile(path("predictions.json"), JSON.stringify(PREDICTIONS));
});
after(() => rm(folder, { recursive: true, force: true }));

test("scores of the whole file, with no image there: one JSON document", async () => {
  const { code, stdout, stderr } = await score("--json", "--per-image", "--split", "all");
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout);
  assert.equal(report.images, 3);
  assert.equal(report.references, 9);
  assert.ok(Math.abs(report.scores["CIDEr-D"] - 1.6734374129331064) < 1e-9, stdout);
  assert.deepEqual(report.warnings, []);
  assert.deepEqual(
    report.perImage.map(({ image }: { image: string }) => image),
    ["3.jpg", "2.jpg", "1.jpg"],
  );
});

test("the table says how many images were scored", async () => {
  const { code, stdout, stderr } = await score("--split", "all");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^3 images of .*9 references/);
  assert.match(stdout, /CIDEr-D +1\.6734/);
  assert.match(stdout, /BLEU-4 +0\.3908/);
});

test("images without prediction: a warning with the names, an error with --strict", async () => {
  await writeFile(path("part.json"), JSON.stringify(PREDICTIONS.slice(0, 2)));
  const part = ["--predictions", path("part.json"), "--split", "all"];
  const { code, stderr, stdout } = await score(...part);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /warning: images of the set without prediction.*: 1 \(3\.jpg\)/);
  assert.match(stdout, /^2 images/);
  const strict = await score(...part, "--strict");
  assert.equal(strict.code, 2);
  assert.match(strict.stderr, /SCORE_MISMATCH/);
  assert.equal(strict.stdout, "");
});

test("COCO results against COCO's captions, and the lines of caption --json with an error among them", async () => {
  const rows = CAPTIONS.trim().split("\n").slice(1);
  const coco = {
    info: {},
    images: [1, 2, 3].map((id) => ({ id, file_name: `COCO_val2014_${String(id).padStart(12, "0")}.jpg` })),
    annotations: rows.map((row, id) => ({ id, image_id: Number(row[0]), caption: row.slice(6).replaceAll('"', "") })),
  };
  await writeFile(path("captions_val2014.json"), JSON.stringify(coco));
  const results = PREDICTIONS.map(({ caption }, i) => ({ image_id: i + 1, caption }));
  await writeFile(path("results.json"), JSON.stringify(results));
  const against = ["--references", path("captions_val2014.json"), "--json"];
  const { code, stdout, stderr } = await score(...against, "--predictions", path("results.json"));
  assert.equal(code, 0, stderr);
  assert.ok(Math.abs(JSON.parse(stdout).scores["CIDEr-D"] - 1.6734374129331064) < 1e-9, stdout);

  const name = (i: number) => `photos/COCO_val2014_00000000000${i}.jpg`;
  const lines = PREDICTIONS.map(({ caption }, i) => JSON.stringify({ image: name(i + 1), caption }));
  lines[1] = JSON.stringify({ image: name(2), error: { code: "IMAGE_UNREADABLE", message: "…" } });
  await writeFile(path("lines.jsonl"), `${lines.join("\n")}\n`);
  const partly = await score(...against, "--predictions", path("lines.jsonl"));
  assert.equal(partly.code, 0, partly.stderr);
  const { images, warnings } = JSON.parse(partly.stdout);
  assert.equal(images, 2);
  assert.deepEqual(
    warnings.map(({ kind, names }: { kind: string; names: string[] }) => [kind, names]),
    [
      ["missing", ["2"]],
      ["failed", [name(2)]],
    ],
  );
});

test("what cannot be scored is refused with exit code 2 and no stack", async () => {
  await writeFile(path("broken.json"), "image,caption\n");
  await writeFile(path("twice.json"), JSON.stringify([...PREDICTIONS, { image: "1.jpg", caption: "a cat" }]));
  const refused: [args: string[], code: string][] = [
    [["--predictions", path("broken.json")], "PREDICTIONS_FORMAT"],
    [["--predictions", path("twice.json")], "PREDICTIONS_CONFLICT"],
    [["--predictions", path("none.json")], "FILE_NOT_FOUND"],
    [["--split", "dew"], "Allowed choices"],
  ];
  for (const [args, code] of refused) {
    const finished = await score(...args);
    assert.equal(finished.code, 2, finished.stderr);
    assert.match(finished.stderr, new RegExp(code));
    assert.doesNotMatch(finished.stderr, /\n +at /);
    assert.equal(finished.stdout, "");
  }
});
