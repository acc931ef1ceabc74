import { cocoCaptions } from "./formats/coco-captions.js";
import { csv } from "./formats/csv.js";
import { flickr8kText } from "./formats/flickr8k-text.js";
import { jsonLines } from "./formats/json-lines.js";
import { karpathyJson } from "./formats/karpathy-json.js";
import type { DatasetFormat } from "./types.js";

/** Where a folder holds files of several formats, the first of these wins. */
export const FORMATS: DatasetFormat[] = [flickr8kText, karpathyJson, cocoCaptions, csv, jsonLines];
