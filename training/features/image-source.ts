import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { sha256 } from "../../files/hash.js";
import { decodeImage } from "../../runtime/node/image.js";
import type { BackboneInput } from "../backbone/index.js";
import type { FeatureIndex } from "./segment-format.js";
import type { ImageFile, UnreadableImage } from "./types.js";

/** An image and its file as it is now. */
export interface FoundImage extends ImageFile {
  path: string;
  size: number;
  modified: number;
}

/** What reading an image came to: its content's sha256, and its pixels unless its features are known already. */
export type ReadImage =
  | { found: FoundImage; image: string; pixels?: Uint8Array }
  | { found: FoundImage; failed: UnreadableImage };

const STATS_AT_ONCE = 64;

/** Looks every file up, in the order of `images`. */
export async function findImages(images: ImageFile[]): Promise<(FoundImage | UnreadableImage)[]> {
  const found: (FoundImage | UnreadableImage)[] = [];
  for (let start = 0; start < images.length; start += STATS_AT_ONCE) {
    found.push(...(await Promise.all(images.slice(start, start + STATS_AT_ONCE).map(findImage))));
  }
  return found;
}

async function findImage(image: ImageFile): Promise<FoundImage | UnreadableImage> {
  const path = resolve(image.file);
  try {
    const status = await stat(path);
    // Reading a pipe would wait for ever.
    if (!status.isFile()) return { id: image.id, code: "IMAGE_UNREADABLE", message: `${path} is not a regular file.` };
    return { ...image, path, size: status.size, modified: status.mtimeMs };
  } catch (error) {
    return { id: image.id, code: "FILE_NOT_FOUND", message: `${path}: ${(error as Error).message}` };
  }
}

/** The content of a file that has not changed since its features were computed. */
export function knownContent(index: FeatureIndex, { path, size, modified }: FoundImage): string | undefined {
  const known = index.files.get(path);
  if (known?.size !== size || known.modified !== modified || !index.records.has(known.image)) return undefined;
  return known.image;
}

/** Reads and decodes one image; a fault of the file is a result, everything else an error. */
export async function readImage(
  found: FoundImage,
  input: BackboneInput,
  isKnown: (image: string) => boolean,
): Promise<ReadImage> {
  try {
    const bytes = await readFile(found.path).catch((error: Error) => {
      throw new ShowtellError("IMAGE_UNREADABLE", `${found.path} cannot be read: ${error.message}`, { cause: error });
    });
    const image = sha256(bytes);
    // Decoded from the path, so that its errors name the file.
    return isKnown(image) ? { found, image } : { found, image, pixels: await decodeImage(found.path, input) };
  } catch (error) {
    if (!(error instanceof ShowtellError)) throw error;
    return { found, failed: { id: found.id, code: error.code, message: error.message } };
  }
}

/** Runs `work` on the items ahead of the reader, `width` at once, and gives the results in order. */
export async function* inOrder<T, R>(items: T[], width: number, work: (item: T) => Promise<R>): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  let next = 0;
  const start = () => {
    if (next >= items.length) return;
    const result = work(items[next++]!);
    // The reader meets the error when it comes to this item.
    result.catch(() => {});
    running.push(result);
  };
  for (let i = 0; i < width; i++) start();
  while (running.length > 0) {
    const result = await running.shift()!;
    start();
    yield result;
  }
}
