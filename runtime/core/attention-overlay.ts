import { HEAT_COLOURS } from "./colour-map.js";

/**
 * Enlarges a map with the uniform cubic B-spline: smooth, never negative, no overshoot. Cells are areas, so their
 * centres lie half a cell inside the border; beyond the border the last cell is repeated.
 * @param map [rows, columns]
 * @returns [height, width]
 */
export function enlarge(map: Float32Array, [rows, columns]: [number, number], height: number, width: number) {
  const across = new Float32Array(rows * width);
  const horizontal = splineWeights(columns, width);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const { at, weights } = horizontal[x]!;
      for (let k = 0; k < 4; k++) across[y * width + x]! += weights[k]! * map[y * columns + at[k]!]!;
    }
  }
  const enlarged = new Float32Array(height * width);
  for (const [y, { at, weights }] of splineWeights(rows, height).entries()) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < 4; k++) enlarged[y * width + x]! += weights[k]! * across[at[k]! * width + x]!;
    }
  }
  return enlarged;
}

/** For each of `size` positions: four cells and their cubic B-spline weights. */
function splineWeights(cells: number, size: number): { at: number[]; weights: number[] }[] {
  return Array.from({ length: size }, (_, i) => {
    const position = ((i + 0.5) * cells) / size - 0.5;
    const base = Math.floor(position);
    const t = position - base;
    const weights = [(1 - t) ** 3, 3 * t ** 3 - 6 * t ** 2 + 4, -3 * t ** 3 + 3 * t ** 2 + 3 * t + 1, t ** 3];
    return {
      at: [-1, 0, 1, 2].map((k) => Math.min(cells - 1, Math.max(0, base + k))),
      weights: weights.map((weight) => weight / 6),
    };
  });
}

/**
 * Lays a heat map over a photograph: where nothing is attended the picture is dark and nearly grey, where much is
 * attended it has its own light under a tint of the colour map.
 * @param photo [height, width, 3]
 * @param heat [height, width], 0 to 1
 * @returns [height, width, 3]
 */
export function overlay(photo: Uint8Array, heat: Float32Array): Uint8Array {
  const blended = new Uint8Array(photo.length);
  for (let i = 0; i < heat.length; i++) {
    const t = Math.min(1, Math.max(0, heat[i]!));
    const [r, g, b] = [photo[i * 3]!, photo[i * 3 + 1]!, photo[i * 3 + 2]!];
    const grey = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    const light = 0.5 + 0.54 * t;
    const tint = 0.3 + 0.18 * t;
    const colour = Math.round(t * 255) * 3;
    for (let c = 0; c < 3; c++) {
      const own = light * (grey + (photo[i * 3 + c]! - grey) * (0.3 + 0.7 * t));
      blended[i * 3 + c] = Math.round(Math.min(255, own) * (1 - tint) + HEAT_COLOURS[colour + c]! * tint);
    }
  }
  return blended;
}
