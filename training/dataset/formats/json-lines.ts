import { basename } from "node:path";
import type { DatasetFormat } from "../types.js";
import { CAPTION_NAMES, findColumn, IMAGE_NAMES, SPLIT_NAMES, toSplit } from "./columns.js";
import { EntryList } from "./entry-list.js";
import { isRecord } from "./json-file.js";
import { readLines, readText } from "./text-lines.js";

/** One JSON object a line, with an image and a caption or a list of captions (Hugging Face's metadata.jsonl and the like). */
export const jsonLines: DatasetFormat = {
  name: "jsonl",
  description:
    'JSON Lines, {"image": "a.jpg", "caption": "…"} or {"image", "captions": […]} a line, or one JSON list of these',
  recognises: (path, head) =>
    (/\.(jsonl|ndjson)$/i.test(path) && /^\s*(\{|$)/.test(head)) || (/\.json$/i.test(path) && /^\s*\[\s*\{/.test(head)),
  async read([path]) {
    const list = new EntryList(basename(path));
    for (const { number, value } of (await readWhole(path)) ?? (await readEachLine(path, list))) {
      const image = isRecord(value) ? field(value, IMAGE_NAMES) : undefined;
      if (!isRecord(value) || typeof image !== "string" || image.trim() === "") {
        list.fault(number, "no image");
        continue;
      }
      const captions = field(value, CAPTION_NAMES) ?? [];
      list.add(
        number,
        image.trim(),
        Array.isArray(captions) ? captions : [captions],
        toSplit(field(value, SPLIT_NAMES)),
      );
    }
    return { ...list.result(), folders: ["images", "Images", "."] };
  },
};

interface Numbered {
  number: number;
  value: unknown;
}

/** The members of a file that is one JSON list, numbered from 1; undefined for another. */
async function readWhole(path: string): Promise<Numbered[] | undefined> {
  const text = await readText(path);
  if (!/^\s*\[/.test(text)) return undefined;
  try {
    return (JSON.parse(text) as unknown[]).map((value, i) => ({ number: i + 1, value }));
  } catch {
    return undefined;
  }
}

async function readEachLine(path: string, list: EntryList): Promise<Numbered[]> {
  const values: Numbered[] = [];
  for (const { number, text } of await readLines(path)) {
    if (text.trim() === "") continue;
    try {
      values.push({ number, value: JSON.parse(text) });
    } catch {
      list.fault(number, "not JSON");
    }
  }
  return values;
}

function field(object: Record<string, unknown>, names: string[]): unknown {
  const keys = Object.keys(object);
  const at = findColumn(keys, names);
  return at < 0 ? undefined : object[keys[at]];
}
