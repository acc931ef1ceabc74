import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ShowtellError } from "../errors/index.js";

/** An image named on the command line: its name in the output, and what to read. */
export interface NamedImage {
  name: string;
  input: string | Uint8Array;
}

const IMAGE_NAME = /^[^.].*\.(jpe?g|png|webp|avif|gif|tiff?)$/i;

/**
 * Turns arguments into images: a file is itself, a folder the images in it by name, `-` what comes on standard input.
 * A file that does not exist stays in the list: its own result says so.
 * @throws ShowtellError FILE_NOT_FOUND for a folder without images, USAGE for a second or empty standard input
 */
export async function expandImages(paths: string[], recursive: boolean): Promise<NamedImage[]> {
  if (paths.filter((path) => path === "-").length > 1) {
    throw new ShowtellError("USAGE", "Standard input (-) can be named only once.");
  }
  const images: NamedImage[] = [];
  for (const path of paths) {
    if (path === "-") images.push({ name: "-", input: await readStandardInput() });
    else if (await isFolder(path)) images.push(...(await imagesIn(path, recursive)));
    else images.push({ name: path, input: path });
  }
  return images;
}

async function imagesIn(folder: string, recursive: boolean): Promise<NamedImage[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive });
  const paths = entries
    .filter((entry) => !entry.isDirectory() && IMAGE_NAME.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (paths.length > 0) return paths.map((path) => ({ name: path, input: path }));
  const hint = recursive ? "" : " (--recursive looks into the folders in it)";
  throw new ShowtellError("FILE_NOT_FOUND", `There is no image in the folder ${folder}${hint}.`);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function readStandardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) throw new ShowtellError("USAGE", "There is no image on standard input: pipe one in.");
  const parts: Uint8Array[] = [];
  for await (const part of process.stdin) parts.push(part as Uint8Array);
  return Buffer.concat(parts);
}
