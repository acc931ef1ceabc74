import { basename } from "node:path";
import type { DatasetFormat, Entry } from "../types.js";
import { CAPTION_NAMES, findColumn, IMAGE_NAMES, SPLIT_NAMES, toSplit } from "./columns.js";
import { isRecord } from "./json-file.js";
import { readLines } from "./text-lines.js";

function field(object: Record<string, unknown>, names: string[]): unknown {
  const keys = Object.keys(object);
  const at = findColumn(keys, names);
  return at < 0 ? undefined : object[keys[at]];
}

/** One JSON object a line, with an image and a caption or a list of captions (Hugging Face's metadata.jsonl and the like). */
export const jsonLines: DatasetFormat = {
  name: "jsonl",
  description: 'JSON Lines, {"image": "a.jpg", "caption": "…"} or {"image", "captions": […]} a line',
  recognises: (path, head) => /\.(jsonl|ndjson)$/i.test(path) && /^\uFEFF?\s*\{/.test(head),
  async read([path]) {
    const byImage = new Map<string, Entry>();
    const broken: string[] = [];
    for (const { number, text } of await readLines(path)) {
      if (text.trim() === "") continue;
      const fault = (reason: string) => broken.push(`${basename(path)}:${number}: ${reason}`);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch {
        fault("not JSON");
        continue;
      }
      const image = isRecord(value) ? field(value, IMAGE_NAMES) : undefined;
      if (!isRecord(value) || typeof image !== "string" || image.trim() === "") {
        fault("no image");
        continue;
      }
      const given = field(value, CAPTION_NAMES);
      const captions = (Array.isArray(given) ? given : [given]).filter(
        (caption): caption is string => typeof caption === "string" && caption.trim() !== "",
      );
      const entry = byImage.get(image) ?? { image, captions: [] };
      entry.captions.push(...captions.map((caption) => caption.trim()));
      const split = toSplit(field(value, SPLIT_NAMES));
      if (split) entry.split = split;
      byImage.set(image, entry);
    }
    return { entries: [...byImage.values()], broken, folders: ["images", "Images", "."] };
  },
};
