import { basename, join } from "node:path/posix";
import type { DatasetFormat, Entry, Split } from "../types.js";
import { isCaption } from "./entry-list.js";
import { isRecord, listMember, readJsonObject } from "./json-file.js";

const SPLITS: Record<string, Split> = { train: "train", restval: "train", val: "val", test: "test" };

/** Karpathy's splits (Karpathy and Fei-Fei 2015): dataset_flickr8k.json, dataset_flickr30k.json, dataset_coco.json. */
export const karpathyJson: DatasetFormat = {
  name: "karpathy",
  description: 'Karpathy\'s JSON, {"images": [{"filename", "split", "sentences": [{"raw"}]}]}',
  recognises: (path, head) =>
    /\.json$/i.test(path) && /"sentences"\s*:/.test(head) && /"(sentids|filename|imgid)"\s*:/.test(head),
  async read([path]) {
    const entries: Entry[] = [];
    const broken: string[] = [];
    for (const [i, image] of listMember(await readJsonObject(path), "images", path).entries()) {
      const split = isRecord(image) ? SPLITS[String(image.split)] : undefined;
      if (!isRecord(image) || typeof image.filename !== "string" || !Array.isArray(image.sentences) || !split) {
        broken.push(`${basename(path)}: images[${i}]: no filename, no list of sentences or an unknown split`);
        continue;
      }
      const folder = typeof image.filepath === "string" ? image.filepath : "";
      const entry: Entry = { image: join(folder, image.filename), split, ...readSentences(image.sentences) };
      if (typeof image.cocoid === "number") entry.id = String(image.cocoid);
      if (entry.captions.length < image.sentences.length) {
        broken.push(`${basename(path)}: images[${i}]: a sentence without a word`);
      }
      entries.push(entry);
    }
    return { entries, broken, folders: ["images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset", "."] };
  },
};

function readSentences(sentences: unknown[]): Pick<Entry, "captions" | "tokens"> {
  const good = sentences.filter((sentence) => isRecord(sentence) && isCaption(sentence.raw)) as {
    raw: string;
    tokens?: unknown;
  }[];
  const captions = good.map(({ raw }) => raw.trim());
  const tokens = good.map((sentence) => sentence.tokens);
  return good.length > 0 && tokens.every(isWordList) ? { captions, tokens } : { captions };
}

const isWordList = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((word) => typeof word === "string");
