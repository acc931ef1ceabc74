import { spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of a few kilobytes, lent to a test. */
export interface SmallDisk {
  folder: string;
  resize(kilobytes: number): void;
}

const mount = (...args: string[]) => spawnSync("mount", args, { encoding: "utf8" });

/** Why no small file system can be mounted here, or false: the value of a test's `skip`. */
export async function cannotMount(): Promise<string | false> {
  try {
    await onSmallDisk(16, async () => {});
    return false;
  } catch (error) {
    return `a full disk needs the right to mount a tmpfs (${(error as Error).message})`;
  }
}

/** Lends a tmpfs of that size to `use` and takes it away again. */
export async function onSmallDisk(kilobytes: number, use: (disk: SmallDisk) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-disk-"));
  try {
    const mounted = mount("-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder);
    if (mounted.status !== 0) throw new Error(mounted.error?.message ?? mounted.stderr.split("\n", 1)[0]);
    try {
      await use({ folder, resize: (size) => mount("-o", `remount,size=${size}k`, folder) });
    } finally {
      spawnSync("umount", [folder]);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
