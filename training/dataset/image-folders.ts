import { readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, normalize, resolve } from "node:path";

/** Whether an image's name stays below the folder it is looked for in. */
export function staysBelow(image: string): boolean {
  return (
    !isAbsolute(image) &&
    !/^[A-Za-z]:[\\/]/.test(image) &&
    !normalize(image).replaceAll("\\", "/").split("/").includes("..")
  );
}

/** Finds images below a few folders, with one reading of each folder instead of a question for each image. */
export class ImageFolders {
  private readonly listings = new Map<string, Promise<Set<string>>>();

  /** @param roots tried in this order */
  constructor(private readonly roots: string[]) {}

  /** Absolute path of an image, or undefined. */
  async find(image: string): Promise<string | undefined> {
    for (const root of this.roots) {
      const path = resolve(join(root, image));
      if ((await this.list(dirname(path))).has(basename(path))) return path;
    }
    return undefined;
  }

  private list(folder: string): Promise<Set<string>> {
    const known = this.listings.get(folder);
    if (known) return known;
    const listing = readdir(folder).then(
      (names) => new Set(names),
      () => new Set<string>(),
    );
    this.listings.set(folder, listing);
    return listing;
  }
}
