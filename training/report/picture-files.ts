import sharp from "sharp";
import type { Preprocessing } from "../../runtime/core/index.js";
import { type AttentionTiles, attentionTiles } from "../../runtime/node/attention-tiles.js";
import { openImage } from "../../runtime/node/image.js";
import type { Caption } from "../../runtime/node/index.js";

/** Pixels of a word's map, and of a picture's longer side. */
const TILE_AREA = 200 * 150;
const THUMBNAIL = 400;
const COLUMNS = 6;

/** All words' maps of a caption in one picture, row by row. */
export interface AttentionSheet {
  /** data: URI */
  source: string;
  columns: number;
  rows: number;
}

export interface Thumbnail {
  /** data: URI */
  source: string;
  width: number;
  height: number;
}

/**
 * The picture in small, as the model saw it.
 * @throws ShowtellError as openImage
 */
export async function thumbnail(file: string, preprocessing: Preprocessing): Promise<Thumbnail> {
  const { pixels, width, height } = await openImage(file);
  const crop = preprocessing.resize === "crop" ? preprocessing.width / preprocessing.height : undefined;
  const shape = crop ?? Math.min(3, Math.max(1 / 3, width / height));
  const size =
    shape > 1
      ? { width: THUMBNAIL, height: Math.round(THUMBNAIL / shape) }
      : { width: Math.round(THUMBNAIL * shape), height: THUMBNAIL };
  const bytes = await pixels
    .resize({ ...size, fit: crop === undefined ? "fill" : "cover", kernel: "lanczos3" })
    .jpeg({ quality: 72, mozjpeg: true })
    .toBuffer();
  return { source: dataUri("jpeg", bytes), ...size };
}

/**
 * Where the model looked for each word.
 * @throws ShowtellError as openImage
 */
export async function attentionSheet(
  file: string,
  caption: Caption,
  preprocessing: Preprocessing,
): Promise<AttentionSheet> {
  const tiles = await attentionTiles(file, caption, preprocessing, TILE_AREA);
  const columns = Math.max(1, Math.min(COLUMNS, tiles.words.length));
  const rows = Math.max(1, Math.ceil(tiles.words.length / columns));
  const bytes = await join(tiles, columns, rows).webp({ quality: 50, effort: 4 }).toBuffer();
  return { source: dataUri("webp", bytes), columns, rows };
}

function join({ width, height, words }: AttentionTiles, columns: number, rows: number) {
  const create = { width: columns * width, height: rows * height, channels: 3, background: "#000000" } as const;
  return sharp({ create }).composite(
    words.map((tile, i) => ({
      input: Buffer.from(tile),
      raw: { width, height, channels: 3 as const },
      left: (i % columns) * width,
      top: Math.floor(i / columns) * height,
    })),
  );
}

function dataUri(type: "jpeg" | "webp", bytes: Buffer): string {
  return `data:image/${type};base64,${bytes.toString("base64")}`;
}
