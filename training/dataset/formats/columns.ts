/** Names that people give to the columns (or fields) that matter, best first. */
export const IMAGE_NAMES = [
  "image",
  "image_name",
  "file",
  "file_name",
  "filename",
  "path",
  "filepath",
  "image_path",
  "img",
];
export const CAPTION_NAMES = ["caption", "captions", "text", "comment", "sentence", "description", "alt"];
export const SPLIT_NAMES = ["split", "subset", "set"];

const normalised = (name: string) =>
  name
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");

/** Position of the first of `wanted` among `names`, or -1. */
export function findColumn(names: string[], wanted: string[]): number {
  const have = names.map(normalised);
  for (const name of wanted) {
    const at = have.indexOf(name);
    if (at >= 0) return at;
  }
  return -1;
}

/** What people write for the parts of a data set. */
export function toSplit(text: unknown): "train" | "val" | "test" | undefined {
  const name = String(text ?? "")
    .trim()
    .toLowerCase();
  if (["train", "training", "restval"].includes(name)) return "train";
  if (["val", "dev", "valid", "validation"].includes(name)) return "val";
  return name === "test" || name === "testing" ? "test" : undefined;
}
