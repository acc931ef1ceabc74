import sharp, { type Sharp } from "sharp";

/** Width and height of every picture made here, unless said otherwise. */
export const WIDTH = 96;
export const HEIGHT = 64;

type Rgb = readonly [red: number, green: number, blue: number];

/** Four flat quadrants, so that turning, mirroring and colour can be told from a pixel of each. */
export const QUADRANTS = {
  topLeft: [220, 40, 40],
  topRight: [40, 180, 60],
  bottomLeft: [50, 70, 210],
  bottomRight: [235, 225, 120],
} as const satisfies Record<string, Rgb>;

export type Quadrant = keyof typeof QUADRANTS;

/** The quadrants' pixels, RGB, row by row. */
export function picturePixels(colours: Record<Quadrant, Rgb> = QUADRANTS): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 3);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const side = x < WIDTH / 2 ? "Left" : "Right";
      pixels.set(colours[`${y < HEIGHT / 2 ? "top" : "bottom"}${side}`], (y * WIDTH + x) * 3);
    }
  }
  return pixels;
}

/** The quadrants as a sharp picture, to be encoded. */
export function picture(pixels: Buffer = picturePixels()): Sharp {
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
}
