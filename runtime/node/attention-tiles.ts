import { enlarge, overlay } from "../core/attention-overlay.js";
import type { Preprocessing } from "../core/index.js";
import type { Caption, ImageInput } from "./caption-types.js";
import { openImage, rgbPixels } from "./image.js";

/** A photograph as the model saw it, and once for each word with the word's attention laid over it. */
export interface AttentionTiles {
  width: number;
  height: number;
  /** [height, width, 3] */
  photo: Uint8Array;
  /** One for each word, [height, width, 3]. */
  words: Uint8Array[];
}

/**
 * Draws where the model looked for each word. Brightness is comparable between words: a map at full scale is peaked, an
 * even one stays dim.
 * @param area pixels of a tile, whose shape is the photograph's, within 1:3 and 3:1
 * @throws ShowtellError as openImage
 */
export async function attentionTiles(
  image: ImageInput,
  caption: Pick<Caption, "attention" | "grid" | "words">,
  preprocessing: Preprocessing,
  area: number,
): Promise<AttentionTiles> {
  const opened = await openImage(image);
  // What the model saw: the whole picture, or its centre.
  const crop = preprocessing.resize === "crop";
  const aspect = crop ? preprocessing.width / preprocessing.height : opened.width / opened.height;
  const shape = Math.min(3, Math.max(1 / 3, aspect));
  const width = Math.round(Math.sqrt(area * shape));
  const height = Math.round(Math.sqrt(area / shape));
  const fit = crop ? "cover" : "fill";
  const photo = await rgbPixels(opened.pixels.resize(width, height, { fit, kernel: "lanczos3" }), image);
  return { width, height, photo, words: heatMaps(caption, height, width).map((heat) => overlay(photo, heat)) };
}

/** Each word's map at the tile's size, 0 to 1. */
function heatMaps(
  { attention, grid, words }: Pick<Caption, "attention" | "grid" | "words">,
  height: number,
  width: number,
): Float32Array[] {
  const cells = grid[0] * grid[1];
  return words.map((_, t) => {
    const map = enlarge(attention.subarray(t * cells, (t + 1) * cells), grid, height, width);
    // Full scale is the map's own peak, but at least four times the even share: an undecided look must not seem sharp.
    const peak = map.reduce((a, b) => Math.max(a, b), 4 / cells);
    return map.map((value) => value / peak);
  });
}
