import { basename, dirname, join, resolve } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { type CollectOptions, collect } from "./collect.js";
import { findCaptions } from "./find-captions.js";
import { ImageFolders } from "./image-folders.js";
import { openScenes } from "./scenes/index.js";
import type { CaptionedImage, Dataset, DatasetReport, Split } from "./types.js";

export interface OpenOptions extends CollectOptions {
  /** Name of the format, where it is not recognised. */
  format?: string;
  /** Folder of the images, where they are not beside the captions. */
  images?: string;
  /** Called while the embedded pictures are rendered, on first use. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Opens a data set: a folder or file in a known format, or the embedded one by its name, `scenes`. What is missing,
 * broken or without caption is counted and named in the report.
 *
 * @throws ShowtellError FILE_NOT_FOUND, DATASET_FORMAT, USAGE; DATASET_EMPTY where no image is left
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  if (path === "scenes" && (options.format ?? "scenes") === "scenes")
    return await openScenes({ onProgress: options.onProgress, signal: options.signal });
  const { format, files, notes } = await findCaptions(path, options.format);
  const { entries, broken, folders } = await format.read(files);
  const base = dirname(resolve(files[0]));
  const roots = options.images ? [resolve(options.images)] : folders.map((folder) => join(base, folder));
  const { images, notes: collected, ...found } = await collect(entries, broken, new ImageFolders(roots), options);
  const report: DatasetReport = {
    format: format.name,
    source: basename(resolve(path)),
    ...summary(images),
    ...found,
    notes: [...notes, ...collected],
  };
  if (images.length === 0) throw empty(path, report, roots);
  return { name: basename(resolve(path)).replace(/\.[a-z]+$/i, ""), format: format.name, images, report };
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
