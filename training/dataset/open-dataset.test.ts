import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { packageRoot } from "../../files/package-root.js";
import { withFiles } from "../../test/files-on-disk.js";
import { openDataset } from "./open-dataset.js";
import { FORMATS } from "./registry.js";
import { describeReport } from "./report.js";

const CSV = "image,caption\na.jpg,A dog\n";

test("nothing there, nothing known, several of a kind: each says what was found and what is known", async () => {
  await assert.rejects(openDataset("no/such/place"), { code: "FILE_NOT_FOUND" });
  await assert.rejects(openDataset(".", { format: "parquet" }), {
    code: "USAGE",
    message: /flickr8k, karpathy, coco, csv, jsonl, scenes/,
  });
  await withFiles({ "notes.txt": "Hello", "a.jpg": "" }, async (folder) => {
    for (const path of [folder, join(folder, "notes.txt"), join(folder, "a.jpg")]) {
      await assert.rejects(openDataset(path), (error: Error & { code: string }) => {
        assert.equal(error.code, "DATASET_FORMAT");
        for (const { name } of FORMATS) assert.ok(error.message.includes(name), name);
        return true;
      });
    }
    await assert.rejects(openDataset(folder), { message: /found notes\.txt/ });
  });
  await withFiles({ "a.csv": CSV, "b.csv": CSV }, (folder) =>
    assert.rejects(openDataset(folder), { code: "DATASET_FORMAT", message: /several csv files: a\.csv, b\.csv/ }),
  );
});

test("a named format is taken at its word", async () => {
  await withFiles({ "x.dat": CSV, "a.jpg": "" }, async (folder) => {
    assert.equal((await openDataset(join(folder, "x.dat"), { format: "csv" })).images.length, 1);
    for (const format of ["karpathy", "coco"]) {
      await assert.rejects(openDataset(join(folder, "x.dat"), { format }), { code: "DATASET_FORMAT" });
    }
  });
});

test("no usable image: DATASET_EMPTY says why", async () => {
  await withFiles({ "c.csv": "image,caption\n" }, (folder) =>
    assert.rejects(openDataset(folder), { code: "DATASET_EMPTY" }),
  );
  await withFiles({ "c.jsonl": "" }, (folder) => assert.rejects(openDataset(folder), { code: "DATASET_EMPTY" }));
  await withFiles({ "c.csv": CSV }, (folder) =>
    assert.rejects(openDataset(folder), { code: "DATASET_EMPTY", message: /1 images are not in .*first: a\.jpg/ }),
  );
});

test("truncated JSON is a format error that names the file", async () => {
  await withFiles({ "dataset_x.json": '{"images": [{"sentids": [0], "sentences": [{"raw": "A d' }, (folder) =>
    assert.rejects(openDataset(folder), { code: "DATASET_FORMAT", message: /dataset_x\.json is not whole JSON/ }),
  );
});

test("images may lie in a folder of their own, named or in one beside the captions", async () => {
  await withFiles({ "c.csv": CSV, "my pictures/a.jpg": "" }, async (folder) => {
    assert.equal((await openDataset(folder)).images[0].file, join(folder, "my pictures", "a.jpg"));
  });
  await withFiles({ "text/c.csv": CSV, "elsewhere/part/a.jpg": "" }, async (folder) => {
    const images = join(folder, "elsewhere");
    assert.equal((await openDataset(join(folder, "text"), { images })).images[0].file, join(images, "part", "a.jpg"));
  });
});

test("references are read without their images where that is wanted", async () => {
  await withFiles({ "c.csv": CSV }, async (folder) => {
    assert.equal((await openDataset(folder, { requireImages: false })).images.length, 1);
  });
});

test("no name leads out of the images' folder", async () => {
  const name = fc
    .array(fc.constantFrom("..", ".", "a", "/", "\\", "C:", "secret.jpg"), { minLength: 1, maxLength: 6 })
    .map((p) => p.join("/"));
  await withFiles({ "secret.jpg": "", "data/ok.jpg": "" }, (folder) =>
    fc.assert(
      fc.asyncProperty(name, async (image) => {
        const data = join(folder, "data");
        await writeFile(
          join(data, "c.jsonl"),
          [image, "ok.jpg"].map((file) => JSON.stringify({ image: file, caption: "A dog" })).join("\n"),
        );
        for (const { file } of (await openDataset(data)).images) assert.ok(file.startsWith(`${data}/`), file);
      }),
      { numRuns: 50 },
    ),
  );
});

test("the report counts everything and names the first ten", async () => {
  const rows = Array.from({ length: 25 }, (_, i) => `gone-${i}.jpg,A dog`);
  await withFiles(
    { "c.csv": `image,caption\na.jpg,A dog\na.jpg,One dog\n${rows.join("\n")}\n`, "a.jpg": "" },
    async (folder) => {
      const { report } = await openDataset(folder);
      assert.equal(report.missing.count, 25);
      assert.equal(report.missing.first.length, 10);
      assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
      const text = describeReport(report);
      assert.match(text, /1 images with 2 captions \(csv\): 1 train, 0 val, 0 test, split by seed/);
      assert.match(text, /left out: 25 images that are not there: gone-0\.jpg; gone-1\.jpg; gone-2\.jpg; …/);
    },
  );
});

const flickr8k = join(packageRoot(), "../shared/data/flickr8k");
test("Flickr8k: its own files and Karpathy's give the same 6,000 and 1,000 images", {
  skip: !existsSync(flickr8k),
}, async () => {
  const own = await openDataset(flickr8k);
  const karpathy = await openDataset(flickr8k, { format: "karpathy" });
  assert.equal(own.format, "flickr8k");
  assert.match(own.report.notes.join(), /dataset_flickr8k\.json/);
  for (const { report, images } of [own, karpathy]) {
    assert.deepEqual(report.splits, { train: 6000, val: 1000, test: 0 });
    assert.equal(report.captions, 35000);
    assert.equal(images.length, 7000);
  }
  const byId = new Map(own.images.map((image) => [image.id, image]));
  for (const { id, split, captions, file } of karpathy.images) {
    const other = byId.get(id)!;
    assert.deepEqual(
      [other.split, other.captions, other.file],
      [split, captions.map((caption) => caption.trim()), file],
    );
  }
});
