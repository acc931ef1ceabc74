import { existsSync, statSync } from "node:fs";
import { basename, extname, join } from "node:path";

/**
 * Where the attention pictures of `names` go. OUT.png serves one image, or numbered names for several; anything else is
 * a folder, which gets NAME.attention.png for each image.
 */
export function attentionPaths(out: string, names: string[]): string[] {
  const folder = (existsSync(out) && statSync(out).isDirectory()) || extname(out).toLowerCase() !== ".png";
  if (!folder) {
    const stem = out.slice(0, -extname(out).length);
    return names.length === 1 ? [out] : names.map((_, i) => `${stem}-${i + 1}.png`);
  }
  const taken = new Set<string>();
  return names.map((name) => {
    const stem = name === "-" ? "stdin" : basename(name, extname(name));
    let path = join(out, `${stem}.attention.png`);
    for (let n = 2; taken.has(path); n++) path = join(out, `${stem}.attention-${n}.png`);
    taken.add(path);
    return path;
  });
}
