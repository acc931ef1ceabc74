import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** As writeFileAtomic names what it writes beside a file: the process is the first group. */
const BESIDE = /\.(\d+)\.[0-9a-f]{8}\.tmp$/;

/** Removes half-written files of processes that were killed, in a folder and those below it. */
export async function removeLeftovers(folder: string): Promise<void> {
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  const dead = files.filter((file) => {
    const writer = BESIDE.exec(file);
    return writer && !isRunning(Number(writer[1]));
  });
  await Promise.all(dead.map((file) => rm(join(folder, file), { force: true })));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // It runs, as another user.
  }
}
