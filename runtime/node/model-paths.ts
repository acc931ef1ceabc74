import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { packageRoot } from "../../files/package-root.js";

/** Name of the model that is used where none is named: a folder below the package's models/. */
export const DEFAULT_MODEL = "flickr8k-efficientnet-lite0";

/** Folders that models are looked for in: the working directory's models/, then the package's. */
export function modelShelves(): string[] {
  return [...new Set([resolve("models"), join(packageRoot(), "models")])];
}

/** Every model folder on the shelves, by name; a name on the first shelf hides the same name on the next. */
export function findModels(): { name: string; folder: string }[] {
  const found = new Map<string, string>();
  for (const shelf of modelShelves()) {
    if (!existsSync(shelf)) continue;
    for (const entry of readdirSync(shelf, { withFileTypes: true })) {
      const folder = join(shelf, entry.name);
      if (existsSync(join(folder, "model.json")) && !found.has(entry.name)) found.set(entry.name, folder);
    }
  }
  return [...found].map(([name, folder]) => ({ name, folder })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The folder meant by a path, by the bare name of a model on one of the shelves, or by nothing (the default model).
 * The folder need not exist: opening it says what is missing.
 */
export function resolveModel(model?: string): string {
  if (model === undefined) return join(packageRoot(), "models", DEFAULT_MODEL);
  if (existsSync(model) || /[\\/]/.test(model)) return model;
  return findModels().find(({ name }) => name === model)?.folder ?? model;
}
