import { ShowtellError } from "../../errors/index.js";
import type { CaptionedImage } from "../dataset/index.js";
import { ImageIndex } from "./image-index.js";
import type { Predictions } from "./read-predictions.js";

/** What keeps a score from being that of the whole set, or a prediction from counting. */
export const WARNINGS = {
  missing: "images of the set without prediction, not scored (CIDEr-D weighs words by the scored images alone)",
  failed: "images with an error in the place of a caption",
  unknown: "predictions that name no image of the references, or several",
  otherSplit: "predictions of images in another split, left out",
  uncaptioned: "predictions of images without reference, left out",
  repeated: "predictions that repeat another word for word",
  empty: "empty captions, scored as such",
  broken: "lines or entries of the references that cannot be read",
} as const;

export type WarningKind = keyof typeof WARNINGS;

/** Which images a warning is about, as the predictions or the references name them. */
export type Warnings = Partial<Record<WarningKind, string[]>>;

export interface Match {
  /** The scored images with their prediction, in the order of the predictions. */
  pairs: { image: CaptionedImage; caption: string }[];
  /** The splits they were taken from. */
  splits: string[];
  warnings: Warnings;
}

/**
 * Brings predictions and references together.
 * @param split `train`, `val` (or `dev`), `test`, `all`; without it every split that the predictions touch
 * @throws ShowtellError PREDICTIONS_CONFLICT where an image has two different captions; SCORE_MISMATCH where no
 *   prediction is left
 */
export function matchPredictions(predictions: Predictions, images: readonly CaptionedImage[], split?: string): Match {
  const index = new ImageIndex(images);
  const warnings: Warnings = {};
  const warn = (kind: WarningKind, image: string) => {
    warnings[kind] ??= [];
    warnings[kind].push(image);
  };
  for (const image of predictions.failed) warn("failed", image);

  const found = new Map<CaptionedImage, string>();
  for (const { image: name, caption } of predictions.captions) {
    const image = index.find(name);
    if (!image) warn("unknown", name);
    else if (found.get(image) === caption) warn("repeated", name);
    else if (found.has(image)) {
      throw new ShowtellError("PREDICTIONS_CONFLICT", `Image ${name} has two captions that differ.`);
    } else found.set(image, caption);
  }

  const splits = split === undefined ? new Set([...found.keys()].map((image) => image.split)) : splitsOf(split, images);
  const pairs: Match["pairs"] = [];
  for (const [image, caption] of found) {
    if (!splits.has(image.split)) warn("otherSplit", image.id);
    else if (image.captions.length === 0) warn("uncaptioned", image.id);
    else {
      if (caption.trim() === "") warn("empty", image.id);
      pairs.push({ image, caption });
    }
  }
  for (const image of images) {
    if (splits.has(image.split) && image.captions.length > 0 && !found.has(image)) warn("missing", image.id);
  }
  if (pairs.length === 0) {
    const from = split === undefined ? "" : ` of split "${split}"`;
    throw new ShowtellError("SCORE_MISMATCH", `None of the predictions is of an image with references${from}.`);
  }
  return { pairs, splits: [...splits].sort(), warnings };
}

function splitsOf(name: string, images: readonly CaptionedImage[]): Set<string> {
  return new Set(name === "all" ? images.map((image) => image.split) : [name === "dev" ? "val" : name]);
}
