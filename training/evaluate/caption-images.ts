import { ShowtellError } from "../../errors/index.js";
import type { Caption, Captioner } from "../../runtime/node/index.js";
import type { CaptionedImage, Dataset } from "../dataset/index.js";
import { type Scores, scoreCaptions } from "../metrics/index.js";
import { tokenize } from "../text/index.js";

/**
 * The captioned images of a split: `train`, `val` (also called `dev`) or `test`.
 * @throws ShowtellError DATASET_EMPTY where there are none
 */
export function imagesOfSplit(dataset: Dataset, split: string, limit = Number.POSITIVE_INFINITY): CaptionedImage[] {
  const name = split === "dev" ? "val" : split;
  const images = dataset.images.filter((image) => image.split === name && image.captions.length > 0).slice(0, limit);
  if (images.length === 0) {
    throw new ShowtellError("DATASET_EMPTY", `${dataset.name} has no image with captions in its split "${split}".`);
  }
  return images;
}

export interface CaptionedImages {
  captions: { image: CaptionedImage; caption: Caption }[];
  failed: { image: string; code: string; message: string }[];
  /** Of the images that could be read, against all of their captions. */
  scores: Scores;
}

/**
 * Captions images as a user would and scores what was written.
 * @throws ShowtellError DATASET_EMPTY where no image can be read; the signal's reason
 */
export async function captionImages(
  captioner: Captioner,
  images: CaptionedImage[],
  options: { beam?: number; onProgress?(done: number, total: number): void; signal?: AbortSignal },
): Promise<CaptionedImages> {
  const captions: CaptionedImages["captions"] = [];
  const failed: CaptionedImages["failed"] = [];
  const { beam, signal, onProgress } = options;
  const files = images.map((image) => image.file);
  let index = 0;
  for await (const result of captioner.captionMany(files, { beam, signal })) {
    const image = images[index++];
    if ("error" in result) failed.push({ image: image.id, code: result.error.code, message: result.error.message });
    else captions.push({ image, caption: result });
    onProgress?.(index, images.length);
  }
  if (captions.length === 0) {
    const [{ image, message }] = failed;
    throw new ShowtellError(
      "DATASET_EMPTY",
      `None of the ${failed.length} images can be read (first: ${image}: ${message})`,
    );
  }
  const scores = scoreCaptions(
    new Map(captions.map(({ image, caption }) => [image.id, tokenize(caption.caption)])),
    new Map(captions.map(({ image }) => [image.id, image.captions.map(tokenize)])),
  );
  return { captions, failed, scores };
}
