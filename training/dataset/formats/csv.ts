import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parse } from "csv-parse/sync";
import { ShowtellError } from "../../../errors/index.js";
import type { DatasetFormat, Entry } from "../types.js";
import { CAPTION_NAMES, findColumn, IMAGE_NAMES, SPLIT_NAMES, toSplit } from "./columns.js";

const DELIMITERS = [",", "\t", ";", "|"];

/** The delimiter with which the header names an image and a caption column. */
function delimiterOf(head: string): string | undefined {
  const header = head.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/, 1)[0];
  return DELIMITERS.find((delimiter) => {
    const names = header.split(delimiter).map((name) => name.replace(/^\s*"|"\s*$/g, ""));
    return findColumn(names, IMAGE_NAMES) >= 0 && findColumn(names, CAPTION_NAMES) >= 0;
  });
}

/** A table with a header: Kaggle's captions.txt (`image,caption`) and the like; one caption a row. */
export const csv: DatasetFormat = {
  name: "csv",
  description: "CSV or TSV with a header that names an image and a caption column (Kaggle's captions.txt)",
  recognises: (path, head) => /\.(csv|tsv|txt)$/i.test(path) && delimiterOf(head) !== undefined,
  async read([path]) {
    const text = await readFile(path, "utf8");
    const delimiter = delimiterOf(text.slice(0, 65536));
    if (!delimiter)
      throw new ShowtellError("DATASET_FORMAT", `${path}: the first line names no image and caption column.`);
    const broken: string[] = [];
    const rows = parse(text, {
      bom: true,
      delimiter,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      info: true,
      raw: false,
      skip_records_with_error: true,
      on_skip: (error) => {
        broken.push(`${basename(path)}: ${error?.message ?? "a row that cannot be read"}`);
        return undefined;
      },
    }) as unknown as { record: string[]; info: { lines: number } }[];
    const names = rows[0]?.record ?? [];
    const [imageAt, captionAt, splitAt] = [IMAGE_NAMES, CAPTION_NAMES, SPLIT_NAMES].map((wanted) =>
      findColumn(names, wanted),
    );
    const byImage = new Map<string, Entry>();
    for (const { record, info } of rows.slice(1)) {
      // A comma in an unquoted last column is the caption's own.
      const caption = (
        captionAt === names.length - 1 ? record.slice(captionAt).join(delimiter) : (record[captionAt] ?? "")
      ).trim();
      const image = (record[imageAt] ?? "").trim();
      if (image === "" || (record.length < names.length && caption === "")) {
        broken.push(`${basename(path)}:${info.lines}: ${image === "" ? "no image" : "no caption"}`);
        continue;
      }
      const entry = byImage.get(image) ?? { image, captions: [] };
      if (caption !== "") entry.captions.push(caption);
      const split = splitAt >= 0 ? toSplit(record[splitAt]) : undefined;
      if (split) entry.split = split;
      byImage.set(image, entry);
    }
    return { entries: [...byImage.values()], broken, folders: ["images", "Images", "."] };
  },
};
