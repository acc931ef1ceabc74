import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DatasetFormat, Entry, Split } from "../types.js";
import { readLines } from "./text-lines.js";

const LISTS: [Split, RegExp][] = [
  ["train", /trainImages\.txt$/i],
  ["val", /(dev|val)Images\.txt$/i],
  ["test", /testImages\.txt$/i],
];

/** Flickr8k's own files (Hodosh et al. 2013): `IMAGE#NUMBER<tab>CAPTION` a line, the splits as lists of images beside. */
export const flickr8kText: DatasetFormat = {
  name: "flickr8k",
  description: "Flickr8k.token.txt with Flickr_8k.{train,dev,test}Images.txt beside it",
  recognises: (path, head) =>
    /\.txt$|\.token$/i.test(path) && !/lemma/i.test(basename(path)) && /^\uFEFF?[^\t\r\n]+#\d+\t/.test(head),
  async read([path]) {
    const byImage = new Map<string, Entry>();
    const broken: string[] = [];
    for (const { number, text } of await readLines(path)) {
      if (text.trim() === "") continue;
      const match = /^(.+)#\d+\t(.+)$/.exec(text);
      if (!match) {
        broken.push(`${basename(path)}:${number}: not IMAGE#NUMBER, tab, caption`);
        continue;
      }
      const [, image, caption] = match;
      const entry = byImage.get(image) ?? { image, captions: [] };
      entry.captions.push(caption.trim());
      byImage.set(image, entry);
    }
    await addSplits(dirname(path), byImage);
    return {
      entries: [...byImage.values()],
      broken,
      folders: ["images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "."],
    };
  },
};

/** An image of a list that has no caption line becomes an entry without captions; one in no list is left out by the caller. */
async function addSplits(folder: string, byImage: Map<string, Entry>): Promise<void> {
  if (!existsSync(folder)) return;
  const files = (await readdir(folder)).sort();
  for (const [split, pattern] of LISTS) {
    const list = files.find((file) => pattern.test(file));
    if (!list) continue;
    for (const { text } of await readLines(join(folder, list))) {
      const image = text.trim();
      if (image === "") continue;
      const entry = byImage.get(image) ?? { image, captions: [] };
      entry.split = split;
      byImage.set(image, entry);
    }
  }
}
