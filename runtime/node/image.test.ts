import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { decodeImage, openImage } from "./image.js";
import { recognizeFormat } from "./image-format.js";

const folder = await mkdtemp(join(tmpdir(), "showtell-image-"));
after(() => rm(folder, { recursive: true }));

const STRETCH = { width: 8, height: 8, resize: "stretch" } as const;
type Colour = [number, number, number];
const RED: Colour = [220, 30, 40];
const GREEN: Colour = [30, 180, 60];
const BLUE: Colour = [40, 60, 200];
const YELLOW: Colour = [230, 210, 50];

/** Four quarters of a colour each: red, green / blue, yellow. */
function quarters(width = 64, height = 32): Sharp {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [top, bottom] = x < width / 2 ? [RED, BLUE] : [GREEN, YELLOW];
      data.set(y < height / 2 ? top : bottom, (y * width + x) * 3);
    }
  }
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The colours in the corners of an 8x8 picture, out of reach of the filter over the edges between. */
function corners(pixels: Uint8Array): Colour[] {
  const at = (x: number, y: number): Colour => [...pixels.subarray((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)] as Colour;
  return [at(0, 0), at(7, 0), at(0, 7), at(7, 7)];
}

function assertColours(pixels: Uint8Array, expected: Colour[], tolerance: number): void {
  assert.equal(pixels.length, 8 * 8 * 3);
  for (const [i, colour] of corners(pixels).entries()) {
    for (const [c, value] of colour.entries()) {
      const wanted = expected[i]![c]!;
      assert.ok(Math.abs(value - wanted) <= tolerance, `corner ${i} is ${colour}, expected ${expected[i]}`);
    }
  }
}

test("every accepted format decodes to the same colours, from bytes and from a file", async () => {
  const formats: [string, Sharp, number][] = [
    ["jpeg", quarters().jpeg({ quality: 95 }), 6],
    ["jpeg progressive", quarters().jpeg({ quality: 95, progressive: true }), 6],
    ["png", quarters().png(), 1],
    ["png palette", quarters().png({ palette: true }), 3],
    ["png 16 bit", quarters().toColourspace("rgb16").png(), 1],
    ["webp", quarters().webp({ lossless: true }), 1],
    ["avif", quarters().avif({ quality: 90 }), 8],
    ["gif", quarters().gif(), 3],
    ["tiff", quarters().tiff({ compression: "lzw" }), 1],
    ["tiff 16 bit", quarters().toColourspace("rgb16").tiff(), 1],
    ["jpeg cmyk", quarters().toColourspace("cmyk").jpeg({ quality: 98 }), 60],
    ["tiff cmyk", quarters().toColourspace("cmyk").tiff(), 60],
    ["png rgba", quarters().ensureAlpha().png(), 1],
    ["png display p3", quarters().withIccProfile("p3").png(), 3],
  ];
  for (const [name, image, tolerance] of formats) {
    const bytes = await image.toBuffer();
    assert.equal(
      recognizeFormat(bytes),
      name.split(" ").find((word) => recognizeFormat(bytes) === word),
      name,
    );
    const pixels = await decodeImage(bytes, STRETCH);
    assertColours(pixels, [RED, GREEN, BLUE, YELLOW], tolerance);
    const file = join(folder, `${name}.bin`);
    await writeFile(file, bytes);
    assert.deepEqual(await decodeImage(file, STRETCH), pixels);
  }
});

test("grey images of 8 and 16 bits, with and without alpha, and 1-bit ones become RGB", async () => {
  const grey = Buffer.alloc(16 * 16, 100);
  const raw = { width: 16, height: 16, channels: 1 } as const;
  for (const image of [
    sharp(grey, { raw }).toColourspace("b-w").png(),
    sharp(grey, { raw }).toColourspace("b-w").jpeg(),
    sharp(grey, { raw }).toColourspace("grey16").png(),
    sharp(grey, { raw }).ensureAlpha().toColourspace("b-w").png(),
  ]) {
    const grey = Array.from({ length: 4 }, (): Colour => [100, 100, 100]);
    assertColours(await decodeImage(await image.toBuffer(), STRETCH), grey, 2);
  }
  const white = await sharp(Buffer.alloc(256, 255), { raw }).png({ palette: true, colours: 2 }).toBuffer();
  assertColours(
    await decodeImage(white, STRETCH),
    Array.from({ length: 4 }, (): Colour => [255, 255, 255]),
    0,
  );
});

test("transparent parts are white, half-transparent ones mixed with white", async () => {
  const data = Buffer.alloc(16 * 16 * 4);
  for (let i = 0; i < 256; i++) data.set([200, 0, 0, i % 16 < 8 ? 0 : 128], i * 4);
  const png = await sharp(data, { raw: { width: 16, height: 16, channels: 4 } })
    .png()
    .toBuffer();
  const mixed: Colour = [227, 127, 127];
  assertColours(await decodeImage(png, STRETCH), [[255, 255, 255], mixed, [255, 255, 255], mixed], 2);
});

test("EXIF orientation is applied, all eight values", async () => {
  const upright: Record<number, Colour[]> = {
    1: [RED, GREEN, BLUE, YELLOW],
    2: [GREEN, RED, YELLOW, BLUE],
    3: [YELLOW, BLUE, GREEN, RED],
    4: [BLUE, YELLOW, RED, GREEN],
    5: [RED, BLUE, GREEN, YELLOW],
    6: [BLUE, RED, YELLOW, GREEN],
    7: [YELLOW, GREEN, BLUE, RED],
    8: [GREEN, YELLOW, RED, BLUE],
  };
  for (const [orientation, expected] of Object.entries(upright)) {
    const jpeg = await quarters()
      .jpeg({ quality: 95 })
      .withMetadata({ orientation: Number(orientation) })
      .toBuffer();
    assertColours(await decodeImage(jpeg, STRETCH), expected, 8);
    const { width, height } = await openImage(jpeg);
    assert.deepEqual([width, height], Number(orientation) < 5 ? [64, 32] : [32, 64]);
  }
});

test("of an animation the first frame is taken", async () => {
  const frame = (colour: Colour) =>
    quarters(16, 16)
      .composite([
        {
          input: {
            create: { width: 16, height: 16, channels: 3, background: { r: colour[0], g: colour[1], b: colour[2] } },
          },
        },
      ])
      .png()
      .toBuffer();
  const frames = await Promise.all([frame(BLUE), frame(RED), frame(RED)]);
  for (const animation of [
    sharp(frames, { join: { animated: true } }).gif({ delay: 100 }),
    sharp(frames, { join: { animated: true } }).webp({ lossless: true }),
    sharp(frames, { join: { animated: true } }).tiff(),
  ]) {
    const bytes = await animation.toBuffer();
    const { pixels } = await openImage(bytes);
    const { info } = await pixels.raw().toBuffer({ resolveWithObject: true });
    assert.deepEqual([info.width, info.height], [16, 16]);
    assertColours(await decodeImage(bytes, STRETCH), [BLUE, BLUE, BLUE, BLUE], 2);
  }
});

test("crop covers and cuts around the centre; stretch keeps the whole picture", async () => {
  const png = await sharp({ create: { width: 48, height: 16, channels: 3, background: "#ff0000" } })
    .composite([{ input: { create: { width: 16, height: 16, channels: 3, background: "#0000ff" } }, left: 16, top: 0 }])
    .png()
    .toBuffer();
  const blue: Colour = [0, 0, 255];
  const red: Colour = [255, 0, 0];
  assertColours(await decodeImage(png, { ...STRETCH, resize: "crop" }), [blue, blue, blue, blue], 16);
  assertColours(await decodeImage(png, STRETCH), [red, red, red, red], 4);
});

test("a tiny picture and a very wide one are stretched too", async () => {
  for (const [width, height] of [
    [1, 1],
    [20_000, 1],
    [1, 3000],
  ]) {
    const create = { width: width!, height: height!, channels: 3 as const, background: "#28783c" };
    const pixels = await decodeImage(await sharp({ create }).png().toBuffer(), STRETCH);
    assertColours(
      pixels,
      Array.from({ length: 4 }, (): Colour => [0x28, 0x78, 0x3c]),
      1,
    );
  }
});

test("what is no image of an accepted format is refused with its reason", async () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><rect width="8" height="8"/></svg>';
  const jpeg = await quarters(400, 300).jpeg().toBuffer();
  const png = await quarters(400, 300).png({ compressionLevel: 0 }).toBuffer();
  const refused: [string | Uint8Array, string, RegExp][] = [
    [Buffer.from(svg), "IMAGE_UNREADABLE", /not a JPEG, PNG/],
    [Buffer.from(`<?xml version="1.0"?>${svg}`), "IMAGE_UNREADABLE", /not a JPEG, PNG/],
    [Buffer.from("%PDF-1.7"), "IMAGE_UNREADABLE", /not a JPEG, PNG/],
    [new Uint8Array(0), "IMAGE_UNREADABLE", /empty/],
    [Buffer.from([0xff, 0xd8, 0xff]), "IMAGE_UNREADABLE", /cannot be read as an image/],
    [jpeg.subarray(0, jpeg.length / 2), "IMAGE_UNREADABLE", /cannot be read as an image/],
    [png.subarray(0, png.length / 2), "IMAGE_UNREADABLE", /cannot be read as an image/],
    [join(folder, "absent.jpg"), "FILE_NOT_FOUND", /absent\.jpg/],
    [folder, "IMAGE_UNREADABLE", /is a folder/],
  ];
  for (const [input, code, message] of refused) await assert.rejects(decodeImage(input, STRETCH), { code, message });
});

test("a picture over the pixel limit is refused before it is decoded", async () => {
  // A PNG header that announces 30,000 x 30,000 pixels, over the data of a small one.
  const png = Buffer.from(
    await sharp({ create: { width: 8, height: 8, channels: 3, background: "#fff" } })
      .png()
      .toBuffer(),
  );
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  await assert.rejects(decodeImage(png, STRETCH), { code: "IMAGE_TOO_LARGE", message: /30000 x 30000/ });
});
