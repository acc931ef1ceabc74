import { enlarge } from "../../runtime/core/attention-overlay.js";

/** Pixels on the longer side of a glow; the page stretches it over the picture. */
const DETAIL = 112;

/** What was not looked at sinks into the dark; what was keeps its light, a little warmer. */
const DARK = [16, 8, 26];
const WARM = [255, 150, 60];

/** One word's attention as a veil to lay over the picture: dark where the model did not look, warm where it did. */
export function glow(attention: Float32Array, grid: [number, number], aspect: number): ImageData {
  const width = Math.max(8, Math.round(aspect >= 1 ? DETAIL : DETAIL * aspect));
  const height = Math.max(8, Math.round(aspect >= 1 ? DETAIL / aspect : DETAIL));
  const map = enlarge(attention, grid, height, width);
  // Full scale is the map's own peak, but at least three times the even share: an undecided look must not seem sharp.
  const peak = map.reduce((a, b) => Math.max(a, b), 3 / attention.length);
  const veil = new ImageData(width, height);
  for (const [i, value] of map.entries()) {
    const t = Math.min(1, value / peak);
    for (const [c, dark] of DARK.entries()) veil.data[i * 4 + c] = dark + (WARM[c]! - dark) * t;
    veil.data[i * 4 + 3] = 255 * (0.16 + 0.62 * (1 - t) ** 1.2);
  }
  return veil;
}

/** The attention of the word at `index`. */
export function wordMap(attention: Float32Array, grid: [number, number], index: number): Float32Array {
  const cells = grid[0] * grid[1];
  return attention.subarray(index * cells, (index + 1) * cells);
}
