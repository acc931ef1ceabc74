import type { Preprocessing } from "../core/index.js";

/** The two pictures on which models are tried, one grey and one of noise; the same everywhere. [2, height, width, 3] */
export function trialImages({ width, height }: Preprocessing): { data: Uint8Array; dims: number[] } {
  const size = width * height * 3;
  const data = Uint8Array.from({ length: 2 * size }, (_, i) =>
    i < size ? 127 : (Math.imul(i, 2654435761) >>> 24) & 255,
  );
  return { data, dims: [2, height, width, 3] };
}
