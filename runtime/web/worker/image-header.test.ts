import assert from "node:assert/strict";
import { test } from "node:test";
import sharp from "sharp";
import { announcedSize } from "./image-header.js";

const picture = () => sharp({ create: { width: 301, height: 77, channels: 3, background: "#a05030" } });

for (const [name, file] of [
  ["PNG", picture().png()],
  ["GIF", picture().gif()],
  ["WebP", picture().webp()],
  ["WebP without loss", picture().webp({ lossless: true })],
  ["WebP with alpha", picture().ensureAlpha(0.5).webp()],
  ["JPEG", picture().jpeg()],
  ["progressive JPEG with a profile and EXIF", picture().jpeg({ progressive: true }).withMetadata({ orientation: 6 })],
] as const) {
  test(`the size that a ${name} announces`, async () => {
    assert.deepEqual(announcedSize(await file.toBuffer()), [301, 77]);
  });
}

test("of other files, and of headers cut short, there is none", async () => {
  assert.equal(announcedSize(new TextEncoder().encode("words ".repeat(20))), undefined);
  assert.equal(announcedSize(new Uint8Array(0)), undefined);
  const jpeg = await picture().jpeg().toBuffer();
  for (let length = 0; length < 150; length++) announcedSize(jpeg.subarray(0, length));
  assert.equal(announcedSize(jpeg.subarray(0, 40)), undefined);
});
