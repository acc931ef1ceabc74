import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { writeFileAtomic } from "../../../files/atomic.js";
import { drawSvg } from "./draw.js";
import type { Scene } from "./things.js";

/** Pictures in work at a time: enough to keep libuv's four threads busy. */
const AT_ONCE = 8;

/** A scene as JPEG, 224 x 224 pixels. */
export function renderScene(scene: Scene): Promise<Buffer> {
  return sharp(Buffer.from(drawSvg(scene)))
    .jpeg({ quality: 92, chromaSubsampling: "4:4:4" })
    .toBuffer();
}

export interface RenderOptions {
  onProgress?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Renders the scenes that the folder does not have yet, `<name>.jpg` each; every file that is there is whole.
 * @throws ShowtellError DISK_FULL
 */
export async function renderScenes(
  scenes: ReadonlyMap<string, Scene>,
  folder: string,
  { onProgress, signal }: RenderOptions = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const present = new Set(await readdir(folder));
  const missing = [...scenes].filter(([name]) => !present.has(name));
  let done = scenes.size - missing.length;
  if (missing.length > 0) onProgress?.(done, scenes.size);
  const queue = missing.values();
  const work = async () => {
    for (const [name, scene] of queue) {
      signal?.throwIfAborted();
      await writeFileAtomic(join(folder, name), await renderScene(scene));
      onProgress?.(++done, scenes.size);
    }
  };
  // All have stopped before the first failure is told, so that nothing is written after it.
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}
