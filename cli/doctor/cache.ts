import { existsSync } from "node:fs";
import { access, constants, readdir, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Section } from "./finding.js";

const GB = 1e9;

/** Where native engines and features are kept: how full, how much room. */
export async function cache(): Promise<Section> {
  const { cacheFolder } = await import("../../files/cache-folder.js");
  const folder = cacheFolder();
  let present = folder;
  while (!existsSync(present)) present = dirname(present);
  const { bavail, bsize } = await statfs(present);
  const freeBytes = bavail * bsize;
  const usedBytes = await bytesBelow(folder);
  const writable = await access(present, constants.W_OK).then(
    () => true,
    () => false,
  );
  return {
    title: "Cache",
    facts: { folder, usedBytes, freeBytes, writable },
    findings: [
      {
        status: !writable ? "no" : freeBytes < 2 * GB ? "note" : "ok",
        subject: "folder",
        found: `${folder}: ${(usedBytes / GB).toFixed(2)} GB used, ${(freeBytes / GB).toFixed(1)} GB free${
          writable ? "" : ", not writable"
        }`,
        ...(!writable
          ? { advice: "Set SHOWTELL_CACHE to a folder that you may write to." }
          : freeBytes < 2 * GB
            ? { advice: "The native engine needs 1.3 GB: free some, or set SHOWTELL_CACHE to another disk." }
            : {}),
      },
    ],
  };
}

async function bytesBelow(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name)).catch(() => undefined))?.size ?? 0;
  }
  return total;
}
