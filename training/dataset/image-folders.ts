import { readdir } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";

const IMAGE_FILE = /\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

/** Whether an image's name leads to something below the folder it is looked for in. */
export function staysBelow(image: string): boolean {
  const steps = image.split(/[\\/]/);
  return (
    !isAbsolute(image) &&
    !/^[A-Za-z]:|^[\\/]/.test(image) &&
    !steps.includes("..") &&
    !["", "."].includes(steps.at(-1)!)
  );
}

/** Finds images below a few folders, with one reading of each folder instead of a question for each image. */
export class ImageFolders {
  /** Folder -> file name in Unicode's composed form -> file name as it is on the disk. */
  private readonly listings = new Map<string, Promise<Map<string, string>>>();
  private readonly found = new Set<string>();

  /** @param roots tried in this order, then the folders in them */
  constructor(private readonly roots: string[]) {}

  /** Absolute path of an image, or undefined. */
  async find(image: string): Promise<string | undefined> {
    const names = image.includes("\\") ? [image, image.replaceAll("\\", "/")] : [image];
    for (const root of await this.searched()) {
      for (const name of names) {
        const path = resolve(join(root, name));
        const onDisk = (await this.list(dirname(path))).get(basename(path).normalize("NFC"));
        if (onDisk === undefined) continue;
        this.found.add(join(dirname(path), onDisk));
        return join(dirname(path), onDisk);
      }
    }
    return undefined;
  }

  /** Names of the image files that lie beside found ones and were not asked for. */
  async unasked(): Promise<string[]> {
    const names: string[] = [];
    for (const folder of new Set([...this.found].map((path) => dirname(path)))) {
      for (const name of (await this.list(folder)).values()) {
        const path = join(folder, name);
        if (IMAGE_FILE.test(name) && !this.found.has(path)) names.push(relative(this.roots[0], path));
      }
    }
    return names.sort();
  }

  private readonly searched = once(async () => {
    const below: string[] = [];
    for (const root of this.roots) {
      const inside = await readdir(root, { withFileTypes: true }).catch(() => []);
      for (const entry of inside)
        if (entry.isDirectory() && !entry.name.startsWith(".")) below.push(join(root, entry.name));
    }
    return [...this.roots, ...below.sort().filter((folder) => !this.roots.includes(folder))];
  });

  private list(folder: string): Promise<Map<string, string>> {
    const known = this.listings.get(folder);
    if (known) return known;
    const listing = readdir(folder, { withFileTypes: true }).then(
      (entries) => {
        const files = entries.filter((entry) => !entry.isDirectory());
        return new Map(files.map(({ name }) => [name.normalize("NFC"), name]));
      },
      () => new Map<string, string>(),
    );
    this.listings.set(folder, listing);
    return listing;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
