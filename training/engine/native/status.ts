import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { engineFolder, findInstallation, type Installation } from "./cache.js";
import { RECIPES } from "./recipe.js";

export interface NativeStatus {
  /** Folder of all native engines. */
  folder: string;
  installed: ({ folder: string } & Installation)[];
}

/** Which native engines of this version of showtell are installed in the cache. */
export async function nativeStatus(): Promise<NativeStatus> {
  const installed = Object.values(RECIPES)
    .map((recipe) => findInstallation(recipe))
    .filter((found) => found !== undefined)
    .map(({ folder, installation }) => ({ folder, ...installation }));
  return { folder: engineFolder(), installed };
}

/**
 * Removes every native engine from the cache, those of other versions and abandoned ones as well.
 * @returns the folders removed
 */
export async function removeNative(): Promise<string[]> {
  const names = await readdir(engineFolder()).catch(() => [] as string[]);
  const folders = names.map((name) => join(engineFolder(), name));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
  await rm(engineFolder(), { recursive: true, force: true });
  return folders;
}
