import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withFiles } from "../../../test/files-on-disk.js";
import { openDataset } from "../open-dataset.js";
import type { Dataset } from "../types.js";

/** What a test compares: image -> part and captions. */
const content = ({ images }: Dataset) =>
  Object.fromEntries(images.map(({ id, split, captions }) => [id, [split, ...captions]]));

const empty = (...names: string[]) => Object.fromEntries(names.map((name) => [name, ""]));

test("flickr8k: captions, lists and images; byte-order mark, CR LF, blank lines, # and letters of any kind in names", async () => {
  const files = {
    "Flickr8k.token.txt":
      "\uFEFFa#1.jpg#0\tA dog .\r\na#1.jpg#1\tThe dog runs\r\n\r\nbär.jpg#0\tA bear\r\nc.jpg#0\tA cat\r\nnothing here\r\nd.jpg#0\t .\r\n",
    "Flickr_8k.trainImages.txt": "\uFEFFa#1.jpg\r\n\r\n",
    "Flickr_8k.devImages.txt": "bär.jpg\ngone.jpg\na#1.jpg\n",
    "Flickr_8k.testImages.txt": "d.jpg\n",
    "README.txt": "Read me",
    // The composed and the decomposed form of a name are the same name.
    ...empty("images/a#1.jpg", `images/${"bär.jpg".normalize("NFD")}`, "images/c.jpg", "images/d.jpg", "images/e.jpg"),
  };
  await withFiles(files, async (folder) => {
    const dataset = await openDataset(folder);
    assert.equal(dataset.format, "flickr8k");
    assert.deepEqual(content(dataset), {
      "a#1.jpg": ["train", "A dog .", "The dog runs"],
      "bär.jpg": ["val", "A bear"],
    });
    const { report } = dataset;
    assert.deepEqual(report.broken, {
      count: 3,
      first: [
        "Flickr8k.token.txt:6: not IMAGE#NUMBER, tab, caption",
        "Flickr8k.token.txt:7: a caption without a word",
        "Flickr_8k.devImages.txt:3: a#1.jpg is in train already",
      ],
    });
    assert.deepEqual(report.uncaptioned, { count: 3, first: ["d.jpg", "gone.jpg", "e.jpg"] });
    assert.match(report.notes.join(), /1 captioned images that are in no part: c\.jpg/);
    assert.equal(report.splitsFrom, "file");
  });
});

test("flickr8k without lists is split by seed", async () => {
  const names = Array.from({ length: 60 }, (_, i) => `${i}.jpg`);
  const files = { "captions.token": names.map((name) => `${name}#0\tA dog\n`).join(""), ...empty(...names) };
  await withFiles(files, async (folder) => {
    const { report } = await openDataset(join(folder, "captions.token"));
    assert.equal(report.splitsFrom, "seed");
    assert.equal(report.images, 60);
    assert.ok(report.splits.val > 0 && report.splits.test > 0);
  });
});

const karpathy = {
  dataset: "coco",
  images: [
    {
      filepath: "val2014",
      filename: "a.jpg",
      cocoid: 7,
      split: "restval",
      sentences: [
        { raw: "A t-shirt. ", tokens: ["a", "tshirt"] },
        { raw: "!", tokens: [] },
      ],
    },
    { filepath: "val2014", filename: "b.jpg", cocoid: 8, split: "val", sentences: [{ raw: "A bird" }] },
    {
      filepath: "train2014",
      filename: "c.jpg",
      cocoid: 9,
      split: "test",
      sentences: [{ raw: "A cat", tokens: ["a", "cat"] }],
    },
    { filename: "../secret.jpg", split: "train", sentences: [{ raw: "A secret" }] },
    { filename: "d.jpg", split: "strange", sentences: [{ raw: "A dog" }] },
    { filename: "e.jpg", split: "train", sentences: [] },
    null,
  ],
};

test("karpathy: restval is train, tokens where all sentences have them, missing test images are only counted", async () => {
  const files = {
    "dataset_coco.json": JSON.stringify(karpathy),
    ...empty("images/val2014/a.jpg", "images/val2014/b.jpg"),
  };
  await withFiles(files, async (folder) => {
    const dataset = await openDataset(join(folder, "dataset_coco.json"));
    assert.equal(dataset.format, "karpathy");
    assert.deepEqual(content(dataset), { 7: ["train", "A t-shirt."], 8: ["val", "A bird"] });
    assert.deepEqual(
      dataset.images.map((image) => image.tokens),
      [[["a", "tshirt"]], undefined],
    );
    assert.equal(dataset.images[0].file, join(folder, "images/val2014/a.jpg"));
    const { missing, uncaptioned, broken } = dataset.report;
    assert.deepEqual(missing, { count: 1, first: ["train2014/c.jpg"] });
    assert.deepEqual(uncaptioned, { count: 1, first: ["e.jpg"] });
    assert.equal(broken.count, 4);
    assert.ok(broken.first.some((line) => line.includes("../secret.jpg")));
  });
});

const coco = (images: [number, string][], annotations: [unknown, unknown][]) =>
  JSON.stringify({
    info: {},
    images: images.map(([id, file_name]) => ({ id, file_name })),
    annotations: annotations.map(([image_id, caption]) => ({ image_id, caption })),
  });

test("coco: the parts of one year together, each beside its folder of images", async () => {
  const files = {
    "annotations/captions_train2017.json": coco(
      [
        [1, "1.jpg"],
        [2, "2.jpg"],
      ],
      [
        [1, "A dog"],
        [1, "One dog"],
        [99, "No one"],
      ],
    ),
    "annotations/captions_val2017.json": coco(
      [[3, "3.jpg"]],
      [
        [3, "A cat\n"],
        [3, ""],
      ],
    ),
    "annotations/instances_val2017.json": JSON.stringify({
      images: [{ id: 3, file_name: "3.jpg" }],
      annotations: [{ image_id: 3, bbox: [] }],
    }),
    ...empty("train2017/1.jpg", "train2017/2.jpg", "val2017/3.jpg"),
  };
  await withFiles(files, async (folder) => {
    const dataset = await openDataset(folder);
    assert.equal(dataset.format, "coco");
    assert.deepEqual(content(dataset), { 1: ["train", "A dog", "One dog"], 3: ["val", "A cat"] });
    assert.deepEqual(dataset.report.uncaptioned.first, ["2.jpg"]);
    assert.equal(dataset.report.broken.count, 2);
  });
});

test("coco: one file; without a validation part a share of the training part serves", async () => {
  const ids = Array.from({ length: 80 }, (_, i) => [i, `${i}.jpg`] as [number, string]);
  const files = {
    "captions_train2017.json": coco(
      ids,
      ids.map(([id]) => [id, "A dog"]),
    ),
    ...empty(...ids.map(([, name]) => `train2017/${name}`)),
  };
  await withFiles(files, async (folder) => {
    const { report } = await openDataset(join(folder, "captions_train2017.json"));
    assert.ok(report.splits.val > 0 && report.splits.train > 60 && report.splits.test === 0);
    assert.match(report.notes.join(), /no validation part/);
  });
});

test("coco: files of several years are not mixed", async () => {
  const files = {
    "captions_val2014.json": coco([[1, "1.jpg"]], [[1, "A dog"]]),
    "captions_val2017.json": coco([[1, "1.jpg"]], [[1, "A dog"]]),
  };
  await withFiles(files, (folder) =>
    assert.rejects(openDataset(folder), { code: "DATASET_FORMAT", message: /several years.*2014.*2017/ }),
  );
});

const TABLES: [string, string, string][] = [
  [
    "Kaggle's captions.txt",
    "captions.txt",
    'image,caption\na.jpg,A dog\na.jpg,"A dog, running"\nb.jpg,"A ""big"" cat"\n',
  ],
  [
    "other names, CR LF and a mark",
    "data.csv",
    '\uFEFF"File Name","ID","Text"\r\na.jpg,1,A dog\r\na.jpg,2,"A dog, running"\r\n\r\nb.jpg,3,"A ""big"" cat"\r\n',
  ],
  ["tabs", "data.tsv", 'path\tcaption\na.jpg\tA dog\na.jpg\tA dog, running\nb.jpg\tA "big" cat'],
  [
    "Flickr30k's bars",
    "results.csv",
    'image_name| comment_number| comment\na.jpg| 0| A dog\na.jpg| 1| A dog, running\nb.jpg| 0| A "big" cat\n',
  ],
  ["no header", "list.csv", 'a.jpg,A dog\na.jpg,"A dog, running"\nb.jpg,"A ""big"" cat"\n'],
  [
    "unquoted commas in the last column",
    "captions.txt",
    'image,caption\na.jpg,A dog\na.jpg,A dog, running\nb.jpg,A "big" cat\n',
  ],
  ["UTF-16", "data.csv", '\uFEFFimage,caption\na.jpg,A dog\na.jpg,"A dog, running"\nb.jpg,A "big" cat\n'],
];
for (const [what, name, text] of TABLES) {
  test(`csv: ${what}`, async () => {
    const bytes = what === "UTF-16" ? Buffer.from(text, "utf16le") : text;
    await withFiles({ [name]: bytes, ...empty("Images/a.jpg", "Images/b.jpg") }, async (folder) => {
      for (const path of [folder, join(folder, name)]) {
        const { images, format, report } = await openDataset(path, { splits: { val: 0, test: 0 } });
        assert.equal(format, "csv");
        assert.deepEqual(
          images.map(({ id, captions }) => [id, captions]),
          [
            ["a.jpg", ["A dog", "A dog, running"]],
            ["b.jpg", ['A "big" cat']],
          ],
        );
        assert.equal(report.broken.count, 0);
      }
    });
  });
}

test("csv: parts from a column, old encodings, and broken rows by line", async () => {
  const text =
    'image,caption,split\na.jpg,A caf\xe9,train\nb.jpg,A dog,dev\n,No image,train\nc.jpg\n/etc/a.jpg,A file,train\nsub\\d.jpg,A bird,test\na.jpg,"Two\n';
  await withFiles(
    { "captions.csv": Buffer.from(text, "latin1"), ...empty("a.jpg", "b.jpg", "sub/d.jpg") },
    async (folder) => {
      const dataset = await openDataset(folder);
      assert.deepEqual(content(dataset), {
        "a.jpg": ["train", "A café"],
        "b.jpg": ["val", "A dog"],
        "sub\\d.jpg": ["test", "A bird"],
      });
      assert.deepEqual(dataset.report.broken.first, [
        "captions.csv:8: a quote that is not closed",
        "captions.csv:4: no image",
        "captions.csv:5: no caption",
        "/etc/a.jpg: a path that leaves the images' folder",
      ]);
    },
  );
});

test("jsonl: one caption or several, other names, a list in one file; lines that cannot be read are counted", async () => {
  const lines = [
    '\uFEFF{"file_name": "a.jpg", "text": "A dog"}',
    "",
    '{"file_name": "a.jpg", "captions": ["One dog", 5, ""]}',
    '{"image": "b.jpg", "caption": "A cat", "split": "validation"}',
    '{"image": "b.jpg", "caption": "A cat"',
    "[1]",
    '{"caption": "No image"}',
    '{"path": "c.jpg"}',
  ];
  await withFiles({ "metadata.jsonl": lines.join("\r\n"), ...empty("a.jpg", "b.jpg", "c.jpg") }, async (folder) => {
    const dataset = await openDataset(folder);
    assert.equal(dataset.format, "jsonl");
    assert.deepEqual(content(dataset), { "b.jpg": ["val", "A cat"] });
    assert.match(dataset.report.notes.join(), /2 captioned images that are in no part|in no part/);
    assert.deepEqual(dataset.report.broken.first, [
      "metadata.jsonl:5: not JSON",
      "metadata.jsonl:3: a caption without a word",
      "metadata.jsonl:6: no image",
      "metadata.jsonl:7: no image",
    ]);
  });
  await withFiles({ "all.json": '[{"image": "a.jpg", "caption": "A dog"}]', ...empty("a.jpg") }, async (folder) => {
    const dataset = await openDataset(join(folder, "all.json"));
    assert.deepEqual([dataset.format, dataset.images[0].captions], ["jsonl", ["A dog"]]);
  });
});
