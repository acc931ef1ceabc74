import { readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { packageRoot } from "../../files/package-root.js";

/** So many small JPEGs, no two the same: the sample photographs, cut a little differently each time. */
export async function smallJpegs(count: number): Promise<Buffer[]> {
  const folder = join(packageRoot(), "samples");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".jpg")).sort();
  const photographs = await Promise.all(files.map((file) => sharp(join(folder, file)).resize(400, 320).toBuffer()));
  const cut = (i: number) => {
    const [left, top] = [Math.floor(i / files.length) % 16, Math.floor(i / files.length / 16) % 16];
    const photograph = photographs[i % files.length];
    return sharp(photograph).extract({ left, top, width: 320, height: 240 }).jpeg({ quality: 80 }).toBuffer();
  };
  return Promise.all(Array.from({ length: count }, (_, i) => cut(i)));
}

/** The value at a share of sorted numbers: 0.5 is the median. */
export function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
