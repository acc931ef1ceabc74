import { open } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { ShowtellError } from "../../errors/index.js";
import type { Preprocessing } from "../core/index.js";
import { type ImageFormat, MAGIC_BYTES, recognizeFormat } from "./image-format.js";

/** Larger pictures are refused before anything of them is decoded. */
export const MAX_PIXELS = 50_000_000;

/** What an image may ask of the machine; what is not given is as for files of one's own. */
export interface ImageLimits {
  /** Most pixels, 50 million by default. */
  pixels?: number;
  /** Formats accepted, by a file's first bytes; all that are known by default. */
  formats?: readonly ImageFormat[];
  /** Whole seconds that decoding may take; no limit by default. */
  seconds?: number;
}

/** A picture that passed the checks; nothing is decoded yet. */
export interface OpenedImage {
  /** Upright, in 8-bit sRGB without alpha (transparent parts white), first frame. */
  pixels: Sharp;
  /** Size as seen, EXIF orientation applied. */
  width: number;
  height: number;
}

/**
 * Checks an image and prepares its decoding: format by its first bytes (JPEG, PNG, WebP, AVIF, GIF, TIFF), size limit,
 * EXIF orientation, alpha flattened on white, grey, CMYK, 16 bit and embedded profiles to 8-bit sRGB, first frame.
 * @param input path of a file, or the file's bytes
 * @throws ShowtellError FILE_NOT_FOUND, IMAGE_UNREADABLE, IMAGE_TOO_LARGE
 */
export async function openImage(input: string | Uint8Array, limits: ImageLimits = {}): Promise<OpenedImage> {
  const { pixels: most = MAX_PIXELS, seconds } = limits;
  const name = typeof input === "string" ? input : "the image";
  const head = typeof input === "string" ? await readHead(input) : input.subarray(0, MAGIC_BYTES);
  if (head.length === 0) throw unreadable(name, "it is empty");
  const format = recognizeFormat(head);
  if (!format) throw unreadable(name, "it is not a JPEG, PNG, WebP, AVIF, GIF or TIFF image");

  if (limits.formats && !limits.formats.includes(format)) {
    throw unreadable(name, `${format.toUpperCase()} is not accepted here`);
  }

  const metadata = await sharp(input, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(name, reason(error), error);
    });
  const { width, height } = metadata.autoOrient;
  const [raw, pages] = [metadata.width * (metadata.pageHeight ?? metadata.height), metadata.pages ?? 1];
  if (raw > most) {
    const size = `${width} x ${height} pixels, the limit is ${most / 1e6} million`;
    throw new ShowtellError("IMAGE_TOO_LARGE", `${name} is too large: ${size}.`);
  }
  const options = {
    limitInputPixels: most,
    failOn: "truncated",
    autoOrient: true,
    sequentialRead: true,
  } as const;
  const pixels = sharp(input, pages > 1 ? { ...options, page: 0, pages: 1 } : options)
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb");
  return { pixels: seconds ? pixels.timeout({ seconds }) : pixels, width, height };
}

/**
 * An image as the encoder takes it. Training reads its images through this same function.
 * @param input path of a file, or the file's bytes
 * @returns [height, width, 3] RGB, 0 to 255
 * @throws ShowtellError FILE_NOT_FOUND, IMAGE_UNREADABLE, IMAGE_TOO_LARGE
 */
export async function decodeImage(
  input: string | Uint8Array,
  preprocessing: Preprocessing,
  limits?: ImageLimits,
): Promise<Uint8Array> {
  const { pixels } = await openImage(input, limits);
  const { width, height, resize } = preprocessing;
  const fit = resize === "crop" ? "cover" : "fill";
  return rgbPixels(pixels.resize(width, height, { fit, kernel: "lanczos3" }), input);
}

/** Decodes what `openImage` prepared into [height, width, 3] RGB. */
export async function rgbPixels(pixels: Sharp, input: string | Uint8Array): Promise<Uint8Array> {
  const name = typeof input === "string" ? input : "the image";
  try {
    const { data, info } = await pixels.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`it decodes to ${info.channels} channels`);
    return data;
  } catch (error) {
    throw unreadable(name, reason(error), error);
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new ShowtellError("FILE_NOT_FOUND", `There is no file ${path}.`, { cause: error });
    if (code === "EISDIR") throw unreadable(path, "it is a folder", error);
    throw unreadable(path, reason(error), error);
  }
}

/** sharp's and libvips' message on one line. */
function reason(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, "; ");
}

function unreadable(name: string, why: string, cause?: unknown): ShowtellError {
  return new ShowtellError("IMAGE_UNREADABLE", `${name} cannot be read as an image: ${why}.`, { cause });
}
