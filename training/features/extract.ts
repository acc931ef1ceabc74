import { join } from "node:path";
import type { Backbone } from "../backbone/index.js";
import { defaultCacheFolder, describeFeatures, featureFolderName } from "./cache-folder.js";
import { DiskFeatureStore } from "./disk-store.js";
import { Extraction } from "./extraction.js";
import { findImages } from "./image-source.js";
import { readIndex } from "./segment-format.js";
import { SegmentWriter } from "./segment-writer.js";
import type { ExtractionOptions, FeatureStore, ImageFile } from "./types.js";

/**
 * The features of images under a frozen backbone, computed once through its ONNX graph and kept in a cache folder. A call
 * computes what is missing: it goes on after a kill, and an image whose bytes have changed is computed again. (A file
 * counts as unchanged while its size and modification time are; else its content decides.)
 * @throws ShowtellError DISK_FULL, INTERRUPTED; what was computed before either is kept
 */
export async function extractFeatures(
  backbone: Backbone,
  images: ImageFile[],
  options: ExtractionOptions = {},
): Promise<FeatureStore> {
  const folder = join(options.cacheDir ?? defaultCacheFolder(), featureFolderName(backbone, options.mirrored));
  const shape = { locations: backbone.grid[0] * backbone.grid[1], channels: backbone.channels };
  const index = await readIndex(folder, shape.locations * shape.channels * 2);
  const writer = new SegmentWriter(folder, describeFeatures(backbone, options.mirrored));
  const extraction = new Extraction(backbone, index, writer, options);
  await extraction.run(await findImages(images));

  const entries = images.flatMap(({ id }) => {
    const record = index.records.get(extraction.contents.get(id) ?? "");
    return record ? [{ id, record }] : [];
  });
  const order = new Map(images.map(({ id }, position) => [id, position]));
  const unreadable = extraction.unreadable.toSorted((a, b) => order.get(a.id)! - order.get(b.id)!);
  return new DiskFeatureStore(folder, shape, entries, unreadable);
}
