import { crc32 } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { HEIGHT, picture, picturePixels, WIDTH } from "./picture.js";

// Files that are no picture, or not a whole one.

/** A file of no bytes. */
export function emptyFile(): Buffer {
  return Buffer.alloc(0);
}

/** Text, to be named .jpg. */
export function textFile(): Buffer {
  return Buffer.from("<html><body>404 Not Found</body></html>\n");
}

/** A JPEG that ends in the middle of its pixels, as a broken download does. */
export async function truncatedJpeg(): Promise<Buffer> {
  const noise = sharp({
    create: {
      width: 320,
      height: 240,
      channels: 3,
      background: "grey",
      noise: { type: "gaussian", mean: 128, sigma: 40 },
    },
  });
  const whole = await noise.jpeg().toBuffer();
  return whole.subarray(0, whole.length >> 1);
}

/** A PNG of a hundred bytes whose header claims 30,000 x 30,000 pixels: unpacked they would take 2.7 GB. */
export function hugePng(width = 30_000, height = 30_000): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB, deflate, no filter method but 0, not interlaced
  const noPixels = Buffer.from("789c030000000001", "hex"); // zlib stream of nothing
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", noPixels),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const chunk = Buffer.alloc(typed.length + 8);
  chunk.writeUInt32BE(content.length, 0);
  typed.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(typed), typed.length + 4);
  return chunk;
}

// Good pictures of kinds that careless readers get wrong. All show the quadrants of picture.ts.

/** The picture as an everyday PNG, to compare the others with. */
export function plainPng(): Promise<Buffer> {
  return picture().png().toBuffer();
}

/** CMYK, as printers' JPEGs are. Colours come back roughly. */
export function cmykJpeg(): Promise<Buffer> {
  return picture().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer();
}

/** 16 bits a channel. */
export function png16(): Promise<Buffer> {
  return picture().toColourspace("rgb16").png().toBuffer();
}

/** Grey (the red channel) and alpha: the left half opaque, the right half wholly transparent. */
export function greyAlphaPng(): Promise<Buffer> {
  const rgb = picturePixels();
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 2);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    pixels[2 * i] = rgb[3 * i];
    pixels[2 * i + 1] = i % WIDTH < WIDTH / 2 ? 255 : 0;
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 2 } })
    .toColourspace("b-w")
    .png()
    .toBuffer();
}

/** Colour and alpha: the left half opaque, the right half wholly transparent. */
export function transparentPng(): Promise<Buffer> {
  const rgb = picturePixels();
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let i = 0; i < WIDTH * HEIGHT; i++) {
    rgb.copy(pixels, 4 * i, 3 * i, 3 * i + 3);
    pixels[4 * i + 3] = i % WIDTH < WIDTH / 2 ? 255 : 0;
  }
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } })
    .png()
    .toBuffer();
}

/** The EXIF orientations, 1 to 8, and how upright pixels must be turned so that a viewer turns them back. */
const STORED: Record<number, (upright: Sharp) => Sharp> = {
  1: (upright) => upright,
  2: (upright) => upright.flop(),
  3: (upright) => upright.rotate(180),
  4: (upright) => upright.flip(),
  6: (upright) => upright.rotate(270),
  8: (upright) => upright.rotate(90),
};

/** A JPEG stored turned, with the EXIF orientation that makes viewers show it upright; 6 is a phone held upright. */
export function exifRotatedJpeg(orientation: 1 | 2 | 3 | 4 | 6 | 8 = 6): Promise<Buffer> {
  return STORED[orientation](picture()).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
}

/** Two frames: the picture, then its negative. */
export async function animatedGif(): Promise<Buffer> {
  return (await animation()).gif({ delay: [100, 100] }).toBuffer();
}

/** Two frames without loss: the picture, then its negative. */
export async function animatedWebp(): Promise<Buffer> {
  return (await animation()).webp({ lossless: true, delay: [100, 100] }).toBuffer();
}

async function animation(): Promise<Sharp> {
  const negative = picturePixels().map((value) => 255 - value);
  const frames = [await plainPng(), await picture(Buffer.from(negative)).png().toBuffer()];
  return sharp(frames, { join: { animated: true } });
}
