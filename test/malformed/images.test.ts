import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Metadata, type Sharp } from "sharp";
import * as images from "./images.js";
import { HEIGHT, QUADRANTS, type Quadrant, WIDTH } from "./picture.js";

const CENTRES: Record<Quadrant, [x: number, y: number]> = {
  topLeft: [0.25, 0.25],
  topRight: [0.75, 0.25],
  bottomLeft: [0.25, 0.75],
  bottomRight: [0.75, 0.75],
};

/** Asserts that a picture of the usual size shows the quadrants. */
async function assertQuadrants(shown: Sharp, tolerance: number, quadrants = Object.keys(CENTRES)): Promise<void> {
  const { data, info } = await shown.toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [WIDTH, HEIGHT]);
  for (const quadrant of quadrants as Quadrant[]) {
    const [x, y] = CENTRES[quadrant];
    const at = (Math.floor(y * HEIGHT) * WIDTH + Math.floor(x * WIDTH)) * info.channels;
    QUADRANTS[quadrant].forEach((expected, channel) => {
      const value = data[at + channel];
      assert.ok(Math.abs(value - expected) <= tolerance, `${quadrant} ${channel}: ${value} for ${expected}`);
    });
  }
}

async function assertMetadata(content: Buffer, expected: Partial<Metadata>): Promise<void> {
  const metadata = await sharp(content, { limitInputPixels: false }).metadata();
  for (const [name, value] of Object.entries(expected)) assert.equal(metadata[name as keyof Metadata], value, name);
}

test("the empty file and the text are no pictures", async () => {
  assert.equal(images.emptyFile().length, 0);
  assert.match(images.textFile().toString(), /Not Found/);
  await assert.rejects(sharp(images.textFile()).metadata(), /unsupported image format/);
});

test("the truncated JPEG has a good header and too few pixels", async () => {
  const content = await images.truncatedJpeg();
  await assertMetadata(content, { format: "jpeg", width: 320, height: 240 });
  assert.notDeepEqual([...content.subarray(-2)], [0xff, 0xd9]);
  await assert.rejects(sharp(content).raw().toBuffer(), /premature end/i);
});

test("the huge PNG claims its size in few bytes, checksums right", async () => {
  const content = images.hugePng();
  assert.ok(content.length < 100);
  await assertMetadata(content, { format: "png", width: 30_000, height: 30_000 });
  await assert.rejects(sharp(content).raw().toBuffer(), /pixel limit/);
  await assert.rejects(sharp(images.hugePng(8, 8), { failOn: "error" }).raw().toBuffer());
});

test("the plain PNG shows the quadrants", async () => {
  await assertMetadata(await images.plainPng(), { format: "png", channels: 3, depth: "uchar", hasAlpha: false });
  await assertQuadrants(sharp(await images.plainPng()), 0);
});

test("the CMYK JPEG has four inks", async () => {
  const content = await images.cmykJpeg();
  await assertMetadata(content, { format: "jpeg", space: "cmyk", channels: 4 });
  await assertQuadrants(sharp(content), 70); // inks do not reach that blue
});

test("the 16-bit PNG has 16 bits", async () => {
  const content = await images.png16();
  await assertMetadata(content, { format: "png", depth: "ushort", channels: 3 });
  assert.equal(content[24], 16, "bit depth of the header");
  await assertQuadrants(sharp(content), 1);
});

test("the grey PNG has grey and alpha", async () => {
  const content = await images.greyAlphaPng();
  await assertMetadata(content, { format: "png", space: "b-w", channels: 2, hasAlpha: true });
  assert.equal(content[25], 4, "colour type of the header");
  const { data } = await sharp(content).toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
  const grey = QUADRANTS.topLeft[0];
  assert.deepEqual([...data.subarray(0, 4)], [grey, grey, grey, 255]);
  assert.equal(data[WIDTH * 4 - 1], 0, "alpha of the right half");
});

test("the transparent PNG hides its right half", async () => {
  const content = await images.transparentPng();
  await assertMetadata(content, { format: "png", channels: 4, hasAlpha: true });
  await assertQuadrants(sharp(content), 0, ["topLeft", "bottomLeft"]);
  const flat = await sharp(content).flatten({ background: "white" }).raw().toBuffer();
  assert.deepEqual([...flat.subarray((WIDTH - 1) * 3, WIDTH * 3)], [255, 255, 255]);
});

for (const orientation of [1, 2, 3, 4, 6, 8] as const) {
  test(`the JPEG of orientation ${orientation} is upright once turned, and not before`, async () => {
    const content = await images.exifRotatedJpeg(orientation);
    await assertMetadata(content, { format: "jpeg", orientation });
    await assertQuadrants(sharp(content).autoOrient(), 4);
    if (orientation !== 1) await assert.rejects(assertQuadrants(sharp(content), 4));
  });
}

for (const [format, make] of [
  ["gif", images.animatedGif],
  ["webp", images.animatedWebp],
] as const) {
  test(`the ${format} has two frames, the picture first`, async () => {
    const content = await make();
    await assertMetadata(content, { format, pages: 2, width: WIDTH });
    await assertQuadrants(sharp(content).removeAlpha(), 6);
    await assert.rejects(assertQuadrants(sharp(content, { page: 1 }).removeAlpha(), 6));
  });
}
