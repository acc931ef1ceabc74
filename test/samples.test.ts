import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import sharp from "sharp";
import { packageRoot } from "../files/package-root.js";

const folder = join(packageRoot(), "samples");
const photographs = readdirSync(folder).filter((name) => name !== "README.md");

test("the sample photographs are small JPEGs without private metadata", async () => {
  assert.ok(photographs.length >= 5);
  for (const name of photographs) {
    const { format, width, height, exif } = await sharp(join(folder, name)).metadata();
    assert.equal(format, "jpeg", name);
    assert.ok(width <= 640 && height <= 640, `${name}: ${width} x ${height}`);
    assert.equal(exif, undefined, name);
  }
  const bytes = photographs.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  assert.ok(bytes < 600_000, `${bytes} bytes`);
});

test("the source and the rights of each sample are named", () => {
  const rows = readFileSync(join(folder, "README.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  assert.deepEqual(rows.map((row) => row.split("`")[1]).sort(), [...photographs].sort());
  for (const row of rows) assert.match(row, /CC0|public domain/);
});
