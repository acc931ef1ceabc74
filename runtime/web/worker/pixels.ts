import { ShowtellError } from "../../../errors/index.js";
import type { Preprocessing } from "../../core/index.js";
import { MAX_PIXELS, tooLarge } from "../image-source.js";
import { announcedSize, HEADER_BYTES } from "./image-header.js";
import { resizeToRgb } from "./resize.js";

/**
 * A picture as the encoder takes it: upright, in 8-bit sRGB, transparent parts white, scaled as the manifest says.
 * @returns [height, width, 3] RGB, 0 to 255
 * @throws ShowtellError IMAGE_UNREADABLE, IMAGE_TOO_LARGE
 */
export async function modelPixels(
  image: Blob | ImageBitmap | ImageData,
  { width, height, resize }: Preprocessing,
): Promise<Uint8Array> {
  const bitmap = image instanceof ImageBitmap ? image : await openBitmap(image);
  try {
    if (bitmap.width * bitmap.height > MAX_PIXELS) throw tooLarge(bitmap.width, bitmap.height);
    // What the model sees: the whole picture, or its centre in the model's shape.
    const scale = Math.min(bitmap.width / width, bitmap.height / height);
    const w = resize === "crop" ? Math.max(1, Math.round(width * scale)) : bitmap.width;
    const h = resize === "crop" ? Math.max(1, Math.round(height * scale)) : bitmap.height;
    const canvas = new OffscreenCanvas(w, h);
    const context = canvas.getContext("2d", { willReadFrequently: true, alpha: false });
    if (!context) throw new ShowtellError("INTERNAL", "This browser gave no canvas to draw the picture on.");
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, w, h);
    context.drawImage(bitmap, Math.round((w - bitmap.width) / 2), Math.round((h - bitmap.height) / 2));
    return resizeToRgb(context.getImageData(0, 0, w, h), width, height);
  } finally {
    // What came as a bitmap is this worker's own copy, and is needed no more either.
    bitmap.close();
  }
}

async function openBitmap(image: Blob | ImageData): Promise<ImageBitmap> {
  if (image instanceof Blob) {
    if (image.size === 0) throw new ShowtellError("IMAGE_UNREADABLE", "The picture cannot be read: the file is empty.");
    const size = announcedSize(new Uint8Array(await image.slice(0, HEADER_BYTES).arrayBuffer()));
    if (size && size[0] * size[1] > MAX_PIXELS) throw tooLarge(...size);
  }
  try {
    return await createImageBitmap(image, { imageOrientation: "from-image" });
  } catch (error) {
    const why = "it is damaged, or no image of a kind that this browser knows";
    throw new ShowtellError("IMAGE_UNREADABLE", `The picture cannot be read: ${why}.`, { cause: error });
  }
}
