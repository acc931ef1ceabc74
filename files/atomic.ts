import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { ShowtellError, systemErrorCode } from "../errors/index.js";

/** Turns the system's error for a full disk into DISK_FULL; other errors pass unchanged. */
export function explainWriteError(error: unknown, path: string): unknown {
  if (systemErrorCode(error) !== "DISK_FULL") return error;
  const limit = (error as NodeJS.ErrnoException).code === "EFBIG" ? "The file size limit was reached" : "No space left";
  return new ShowtellError("DISK_FULL", `${limit} while writing ${path}.`, { cause: error });
}

/**
 * Writes a file so that a reader sees the old content or the new, never a part: beside it, synced, then renamed.
 * @throws ShowtellError DISK_FULL
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const beside = `${path}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(beside, "wx");
    try {
      const parts = typeof content === "string" || content instanceof Uint8Array ? [content] : content;
      for (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw explainWriteError(error, path);
  }
}
