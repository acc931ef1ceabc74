const CHANNELS = 3;

/** An image with left and right exchanged. RGB [height, width, 3] -> [height, width, 3] */
export function mirror(pixels: Uint8Array, width: number): Uint8Array {
  const mirrored = new Uint8Array(pixels.length);
  const row = width * CHANNELS;
  for (let start = 0; start < pixels.length; start += row) {
    for (let x = 0; x < width; x++) {
      const from = start + x * CHANNELS;
      mirrored.set(pixels.subarray(from, from + CHANNELS), start + (width - 1 - x) * CHANNELS);
    }
  }
  return mirrored;
}
