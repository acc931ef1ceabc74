import { basename } from "node:path";
import { ShowtellError } from "../../../errors/index.js";
import type { DatasetFormat } from "../types.js";
import { CAPTION_NAMES, findColumn, IMAGE_NAMES, SPLIT_NAMES, toSplit } from "./columns.js";
import { parseDelimited, type Row } from "./delimited.js";
import { EntryList } from "./entry-list.js";
import { readText } from "./text-lines.js";

const DELIMITERS = [",", "\t", ";", "|"];
const IMAGE_FILE = /\.(jpe?g|png|webp|avif|gif|tiff?|bmp)$/i;

interface Table {
  delimiter: string;
  /** Positions of the columns; split is -1 where there is none. */
  image: number;
  caption: number;
  split: number;
  columns: number;
  header: boolean;
}

/** How to read the table whose text begins so: by its header, or by a first row of an image file and a caption. */
function tableOf(head: string): Table | undefined {
  for (const delimiter of DELIMITERS) {
    const names = parseDelimited(head, delimiter).rows[0]?.fields ?? [];
    const [image, caption, split] = [IMAGE_NAMES, CAPTION_NAMES, SPLIT_NAMES].map((wanted) =>
      findColumn(names, wanted),
    );
    if (image >= 0 && caption >= 0) return { delimiter, image, caption, split, columns: names.length, header: true };
  }
  const delimiter = DELIMITERS.find((candidate) => {
    const [image, caption] = parseDelimited(head, candidate).rows[0]?.fields ?? [];
    return caption !== undefined && IMAGE_FILE.test(image) && /\p{L}/u.test(caption);
  });
  return delimiter === undefined
    ? undefined
    : { delimiter, image: 0, caption: 1, split: -1, columns: 2, header: false };
}

/** A table: Kaggle's captions.txt (`image,caption`) and the like; one caption a row. */
export const csv: DatasetFormat = {
  name: "csv",
  description: "CSV or TSV, one caption a row; the header names an image and a caption column (Kaggle's captions.txt)",
  recognises: (path, head) => /\.(csv|tsv|txt)$/i.test(path) && tableOf(head) !== undefined,
  async read([path]) {
    const text = await readText(path);
    const table = tableOf(text.slice(0, 65536));
    if (!table) {
      throw new ShowtellError("DATASET_FORMAT", `${path}: the first line names no image and no caption column.`);
    }
    const { rows, broken } = parseDelimited(text, table.delimiter);
    const list = new EntryList(basename(path));
    for (const line of broken) list.fault(line, "a quote that is not closed");
    for (const row of table.header ? rows.slice(1) : rows) addRow(list, row, table);
    return { ...list.result(), folders: ["images", "Images", "."] };
  },
};

function addRow(list: EntryList, { line, fields }: Row, table: Table): void {
  const image = fields[table.image]?.trim();
  // A delimiter in an unquoted last column is the caption's own.
  const last = table.caption === table.columns - 1;
  const caption = last ? fields.slice(table.caption).join(table.delimiter) : fields[table.caption];
  if (!image) list.fault(line, "no image");
  else if (fields.length <= table.caption) list.fault(line, "no caption");
  else list.add(line, image, [caption], toSplit(fields[table.split]));
}
