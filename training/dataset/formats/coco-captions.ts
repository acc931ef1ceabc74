import { basename } from "node:path";
import { ShowtellError } from "../../../errors/index.js";
import type { DatasetFormat, Entry, Split } from "../types.js";
import { isCaption } from "./entry-list.js";
import { isRecord, listMember, readJsonObject } from "./json-file.js";

/** COCO's captions_train2017.json and the like (Chen et al. 2015); the split is in the file's name. */
export const cocoCaptions: DatasetFormat = {
  name: "coco",
  description: 'COCO\'s captions_*.json, {"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}]}',
  joins: true,
  recognises: (path, head) =>
    /\.json$/i.test(path) &&
    !OTHER_ANNOTATIONS.test(basename(path)) &&
    /"(file_name|image_id)"\s*:/.test(head) &&
    /"(images|annotations|info|licenses)"\s*:/.test(head),
  async read(paths) {
    const entries: Entry[] = [];
    const broken: string[] = [];
    const folders: string[] = [];
    refuseSeveralYears(paths);
    for (const path of paths) {
      const part = await readFileOf(path, broken);
      entries.push(...part.entries);
      folders.push(...part.folders);
    }
    return { entries, broken, folders: [...folders, "images", "."] };
  },
};

/** COCO's files without captions, which lie beside those with them. */
const OTHER_ANNOTATIONS = /^(instances|person_keypoints|stuff|panoptic|image_info)_/;
const SPLIT_AND_YEAR = /(train|val|test)(\d*)/;

/** COCO's years share images under the same ids. */
function refuseSeveralYears(paths: string[]): void {
  const years = new Set(paths.map((path) => SPLIT_AND_YEAR.exec(basename(path))?.[2] ?? ""));
  if (years.size < 2) return;
  const names = paths.map((path) => basename(path)).join(", ");
  throw new ShowtellError("DATASET_FORMAT", `The files are of several years (${names}): name one of them.`);
}

async function readFileOf(path: string, broken: string[]): Promise<{ entries: Entry[]; folders: string[] }> {
  const name = basename(path);
  const [, split, year] = SPLIT_AND_YEAR.exec(name) ?? [];
  const object = await readJsonObject(path);
  const byId = new Map<string, Entry>();
  listMember(object, "images", path).forEach((image, i) => {
    if (!isRecord(image) || typeof image.file_name !== "string" || !isId(image.id)) {
      broken.push(`${name}: images[${i}]: no id or file_name`);
      return;
    }
    if (byId.has(String(image.id))) {
      broken.push(`${name}: images[${i}]: the id ${image.id} again`);
      return;
    }
    byId.set(String(image.id), {
      image: image.file_name,
      id: String(image.id),
      captions: [],
      ...(split ? { split: split as Split } : {}),
    });
  });
  listMember(object, "annotations", path).forEach((annotation, i) => {
    const entry = isRecord(annotation) && isId(annotation.image_id) ? byId.get(String(annotation.image_id)) : undefined;
    const caption = isRecord(annotation) ? annotation.caption : undefined;
    if (!entry || !isCaption(caption)) {
      broken.push(`${name}: annotations[${i}]: ${entry ? "no caption" : "an image_id that no image has"}`);
      return;
    }
    entry.captions.push(caption.trim());
  });
  const images = `${split ?? ""}${year ?? ""}`;
  return {
    entries: [...byId.values()],
    folders: images ? [images, `../${images}`, `images/${images}`, `../images/${images}`] : [],
  };
}

const isId = (value: unknown): value is string | number => typeof value === "string" || typeof value === "number";
