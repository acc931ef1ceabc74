import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../../files/cache-folder.js";
import type { Recipe } from "./recipe.js";

/** The folder of all native engines. */
export function engineFolder(): string {
  return join(cacheFolder(), "engine");
}

/** Name of a recipe's folder: another recipe never meets this one's files. */
export function installationName(recipe: Recipe): string {
  const key = createHash("sha256")
    .update(recipe.artefacts.map((artefact) => artefact.sha256).join())
    .digest("hex")
    .slice(0, 8);
  return `${recipe.variant}-tf${recipe.tensorflow}-${key}`;
}

/** What an installation says about itself; the file is written last, so that a folder without it does not count. */
export interface Installation {
  variant: "cpu" | "cuda";
  tfjs: string;
  tensorflow: string;
  compiler: string;
  /** Whether the self-test ran on a GPU. */
  gpu: boolean;
  bytes: number;
  installedAt: string;
}

export const INSTALLATION_FILE = "installed.json";

/** Reads a finished installation of this recipe, or gives undefined. */
export function findInstallation(recipe: Recipe): { folder: string; installation: Installation } | undefined {
  const folder = join(engineFolder(), installationName(recipe));
  try {
    const installation = JSON.parse(readFileSync(join(folder, INSTALLATION_FILE), "utf8")) as Installation;
    return { folder, installation };
  } catch {
    return undefined;
  }
}
