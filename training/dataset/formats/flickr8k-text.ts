import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { DatasetFormat, Split } from "../types.js";
import { EntryList } from "./entry-list.js";
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
    /\.txt$|\.token$/i.test(path) && !/lemma/i.test(basename(path)) && /^[^\t\r\n]+#\d+\t/.test(head),
  async read([path]) {
    const list = new EntryList(basename(path));
    for (const { number, text } of await readLines(path)) {
      if (text.trim() === "") continue;
      const match = /^(.+)#\d+\t(.+)$/.exec(text);
      if (match) list.add(number, match[1], [match[2]]);
      else list.fault(number, "not IMAGE#NUMBER, tab, caption");
    }
    await addSplits(dirname(path), list);
    return { ...list.result(), folders: ["images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "."] };
  },
};

/** An image of a list that has no caption line becomes an entry without captions; one in no list is left out by the caller. */
async function addSplits(folder: string, list: EntryList): Promise<void> {
  const files = (await readdir(folder)).sort();
  for (const [split, pattern] of LISTS) {
    const file = files.find((name) => pattern.test(name));
    if (!file) continue;
    for (const { number, text } of await readLines(join(folder, file))) {
      if (text.trim() !== "") list.assign({ file, line: number }, text.trim(), split);
    }
  }
}
