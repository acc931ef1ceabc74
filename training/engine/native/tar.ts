import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * Unpacks the files of a small gzipped tar archive (an npm package) that `place` gives a path for. POSIX ustar headers;
 * links and extended headers do not occur in npm packages and are passed over.
 * @returns the paths written
 */
export async function untar(archive: string, place: (member: string) => string | undefined): Promise<string[]> {
  const bytes = gunzipSync(await readFile(archive));
  const written: string[] = [];
  const text = (from: number, length: number) => bytes.toString("utf8", from, from + length).split("\0", 1)[0] ?? "";
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0; ) {
    const size = Number.parseInt(text(at + 124, 12).trim() || "0", 8);
    const prefix = text(at + 345, 155);
    const name = (prefix ? `${prefix}/` : "") + text(at, 100);
    const type = text(at + 156, 1);
    const path = type === "0" || type === "" ? place(name) : undefined;
    if (path !== undefined) {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes.subarray(at + 512, at + 512 + size));
      written.push(path);
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return written;
}
