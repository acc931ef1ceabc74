import { readFile } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";

/** What a captioner wrote: image names or ids as the file gives them, and raw captions. */
export interface Predictions {
  captions: { image: string; caption: string }[];
  /** Images for which the file holds an error in the place of a caption, as `caption --json` writes it. */
  failed: string[];
}

/** Keys that may name the image, most telling first: COCO's annotations have an `id` of their own beside `image_id`. */
const IMAGE_KEYS = ["image", "image_id", "id"];

/**
 * Reads a predictions file: a JSON list of {"image" | "image_id" | "id", "caption"}, which COCO results are too; the
 * JSON Lines of `showtell caption --json`; or what `showtell evaluate --json` prints.
 * @throws ShowtellError FILE_NOT_FOUND, PREDICTIONS_FORMAT
 */
export async function readPredictions(path: string): Promise<Predictions> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new ShowtellError("FILE_NOT_FOUND", `Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  return parsePredictions(text, path);
}

/** As `readPredictions`, from text; `path` is named in errors. */
export function parsePredictions(text: string, path: string): Predictions {
  const predictions: Predictions = { captions: [], failed: [] };
  for (const { value, where } of entriesOf(text.replace(/^\uFEFF/, "").trim(), path)) {
    const entry = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
    const image = IMAGE_KEYS.map((key) => entry[key]).find(
      (name) => typeof name === "string" || Number.isInteger(name),
    );
    if (image === undefined) {
      throw new ShowtellError("PREDICTIONS_FORMAT", `${path}, ${where}: no image (${IMAGE_KEYS.join(", ")}).`);
    }
    if (typeof entry.caption === "string") predictions.captions.push({ image: String(image), caption: entry.caption });
    else if (entry.error) predictions.failed.push(String(image));
    else throw new ShowtellError("PREDICTIONS_FORMAT", `${path}, ${where}: no caption of image ${image}.`);
  }
  if (predictions.captions.length === 0) throw new ShowtellError("PREDICTIONS_FORMAT", `${path} holds no caption.`);
  return predictions;
}

interface Entry {
  value: unknown;
  /** Place in the file, for messages. */
  where: string;
}

function entriesOf(text: string, path: string): Entry[] {
  const whole = tryJson(text);
  const list = Array.isArray(whole) ? whole : (whole as { predictions?: unknown } | undefined)?.predictions;
  if (Array.isArray(list)) return list.map((value, i) => ({ value, where: `entry ${i + 1}` }));
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    const value = tryJson(line);
    if (value === undefined) throw new ShowtellError("PREDICTIONS_FORMAT", `${path}, line ${i + 1}: not JSON.`);
    return [{ value, where: `line ${i + 1}` }];
  });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
