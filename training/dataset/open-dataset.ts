import { basename, dirname, join, resolve } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { findCaptions } from "./find-captions.js";
import { ImageFolders, staysBelow } from "./image-folders.js";
import { Counter } from "./report.js";
import { openScenes } from "./scenes/index.js";
import { type SplitShares, splitById } from "./splits.js";
import type { CaptionedImage, Dataset, DatasetReport, Entry, Split } from "./types.js";

export interface OpenOptions {
  /** Name of the format, where it is not recognised. */
  format?: string;
  /** Folder of the images, where they are not beside the captions. */
  images?: string;
  /** For splits that the data set does not give. */
  seed?: number;
  splits?: SplitShares;
  /** Whether an image must be there to count; true by default. Scoring needs the captions alone. */
  requireImages?: boolean;
}

/**
 * Opens a data set: a folder or file in a known format, or the embedded one by its name, `scenes`. What is missing,
 * broken or without caption is counted and named in the report.
 *
 * @throws ShowtellError FILE_NOT_FOUND, DATASET_FORMAT, USAGE; DATASET_EMPTY where no image is left
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  if (path === "scenes" && (options.format ?? "scenes") === "scenes") return await embedded();
  const { format, files, notes } = await findCaptions(path, options.format);
  const { entries, broken, folders } = await format.read(files);
  const base = dirname(resolve(files[0]));
  const roots = options.images ? [resolve(options.images)] : folders.map((folder) => join(base, folder));
  const found = await collect(entries, new ImageFolders(roots), options);
  for (const fault of broken) found.broken.add(fault);
  const report: DatasetReport = {
    format: format.name,
    source: basename(resolve(path)),
    ...summary(found.images),
    splitsFrom: found.splitsFrom,
    missing: found.missing.result(),
    uncaptioned: found.uncaptioned.result(),
    broken: found.broken.result(),
    notes,
  };
  if (found.images.length === 0) throw empty(path, report, roots);
  return { name: basename(resolve(path)).replace(/\.[a-z]+$/i, ""), format: format.name, images: found.images, report };
}

async function collect(entries: Entry[], folders: ImageFolders, options: OpenOptions) {
  const { seed = 1, splits = { val: 0.05, test: 0.05 }, requireImages = true } = options;
  const [missing, uncaptioned, broken] = [new Counter(), new Counter(), new Counter()];
  // Where some images have a split, those without one belong to none of the parts.
  const splitsFrom: "file" | "seed" = entries.some((entry) => entry.split) ? "file" : "seed";
  const images: CaptionedImage[] = [];
  const ids = new Set<string>();
  for (const { image, id = image, captions, split } of entries) {
    if (!staysBelow(image)) {
      broken.add(`${image}: a path that leaves the images' folder`);
      continue;
    }
    if (splitsFrom === "file" && !split) continue;
    if (captions.length === 0) {
      uncaptioned.add(image);
      continue;
    }
    const file = await folders.find(image);
    if (!file && requireImages) {
      missing.add(image);
      continue;
    }
    if (ids.has(id)) {
      broken.add(`${id}: stands in the data set twice`);
      continue;
    }
    ids.add(id);
    images.push({ id, file: file ?? image, captions, split: split ?? splitById(id, seed, splits) });
  }
  return { images, missing, uncaptioned, broken, splitsFrom };
}

function summary(images: CaptionedImage[]): Pick<DatasetReport, "images" | "captions" | "splits"> {
  const count = (split: Split) => images.filter((image) => image.split === split).length;
  return {
    images: images.length,
    captions: images.reduce((sum, image) => sum + image.captions.length, 0),
    splits: { train: count("train"), val: count("val"), test: count("test") },
  };
}

function empty(path: string, { missing, uncaptioned, broken }: DatasetReport, roots: string[]): ShowtellError {
  const reasons = [
    missing.count > 0 ? `${missing.count} images are not in ${roots.join(" or ")} (first: ${missing.first[0]})` : "",
    uncaptioned.count > 0 ? `${uncaptioned.count} images have no caption` : "",
    broken.count > 0 ? `${broken.count} entries are broken (first: ${broken.first[0]})` : "",
  ].filter((reason) => reason !== "");
  return new ShowtellError(
    "DATASET_EMPTY",
    `${path} has no usable image: ${reasons.join("; ") || "it holds no entry"}.`,
  );
}

async function embedded(): Promise<Dataset> {
  const { name, format, images } = await openScenes();
  const none = { count: 0, first: [] };
  return {
    name,
    format,
    images,
    report: {
      format,
      source: name,
      ...summary(images),
      splitsFrom: "file",
      missing: none,
      uncaptioned: none,
      broken: none,
      notes: [],
    },
  };
}
