import { ShowtellError } from "../../errors/index.js";

/** What a picture may be. A Blob is decoded off the main thread; nothing that is given is changed or detached. */
export type ImageLike =
  | Blob
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas;

/** Larger pictures are refused; the same bound as in Node. */
export const MAX_PIXELS = 50_000_000;

/**
 * The picture as something that a worker can be sent. Elements become bitmaps, decoded by the browser off this thread.
 * @throws ShowtellError IMAGE_UNREADABLE, IMAGE_TOO_LARGE
 */
export async function sendableImage(image: ImageLike): Promise<Blob | ImageBitmap | ImageData> {
  if (image instanceof Blob) return image;
  const [width, height] = sizeOf(image);
  if (width * height > MAX_PIXELS) throw tooLarge(width, height);
  if (image instanceof ImageBitmap || image instanceof ImageData) return image;
  try {
    return await createImageBitmap(image);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ShowtellError("IMAGE_UNREADABLE", `The picture cannot be read: ${why}`, { cause: error });
  }
}

export function tooLarge(width: number, height: number): ShowtellError {
  const size = `${width} x ${height} pixels, the limit is ${MAX_PIXELS / 1e6} million`;
  return new ShowtellError("IMAGE_TOO_LARGE", `The picture is too large: ${size}.`);
}

function sizeOf(image: Exclude<ImageLike, Blob>): [number, number] {
  if ("naturalWidth" in image) return [image.naturalWidth, image.naturalHeight];
  if ("videoWidth" in image) return [image.videoWidth, image.videoHeight];
  return [image.width, image.height];
}
