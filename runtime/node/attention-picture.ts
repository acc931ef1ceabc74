import sharp from "sharp";
import { HEAT_COLOURS } from "../core/colour-map.js";
import type { Preprocessing } from "../core/index.js";
import { attentionTiles } from "./attention-tiles.js";
import type { Caption, ImageInput } from "./caption-types.js";
import { textSvg } from "./text-svg.js";

/** Sizes in pixels. */
const TILE_AREA = 256 * 192;
const GAP = 14;
const LABEL = 40;
const HEADING = 56;
const MARGIN = 20;
const PAPER = "#ffffff";
const INK = "#17181c";
const FAINT = "#6b6f7a";

/**
 * The picture behind `--attention`: the photograph, then once for each word with the word's attention laid over it.
 * @returns a PNG file
 * @throws ShowtellError as openImage
 */
export async function attentionPicture(
  image: ImageInput,
  caption: Caption,
  preprocessing: Preprocessing,
): Promise<Uint8Array> {
  const { width, height, photo, words } = await attentionTiles(image, caption, preprocessing, TILE_AREA);
  const layout = new Grid(caption.words.length + 1, width, height);
  const raw = { width, height, channels: 3 } as const;
  const pictures = [photo, ...words].map((tile, i) => ({ input: Buffer.from(tile), raw, ...layout.corner(i) }));
  const lettering = Buffer.from(layout.svg(caption));
  const create = { width: layout.width, height: layout.height, channels: 3 as const, background: PAPER };
  return sharp({ create })
    .composite([...pictures, { input: lettering, left: 0, top: 0 }])
    .png()
    .toBuffer();
}

/** The number of columns that comes near 3:2 in all and leaves few places empty. */
function chooseColumns(tiles: number, tileAspect: number): number {
  const cost = (columns: number): number => {
    const rows = Math.ceil(tiles / columns);
    const empty = (3 * (rows * columns - tiles)) / tiles;
    return Math.abs(Math.log((columns * tileAspect) / rows / 1.5)) + empty;
  };
  const choices = Array.from({ length: Math.max(1, tiles - 1) }, (_, i) => Math.min(i + 2, tiles));
  return choices.reduce((best, columns) => (cost(columns) < cost(best) ? columns : best));
}

/** Where tiles and letters go. */
class Grid {
  readonly columns: number;
  readonly width: number;
  readonly height: number;

  constructor(
    readonly tiles: number,
    readonly tileWidth: number,
    readonly tileHeight: number,
  ) {
    this.columns = chooseColumns(tiles, tileWidth / (tileHeight + LABEL));
    const rows = Math.ceil(tiles / this.columns);
    this.width = 2 * MARGIN + this.columns * tileWidth + (this.columns - 1) * GAP;
    this.height = MARGIN + HEADING + rows * (tileHeight + LABEL);
  }

  corner(tile: number): { left: number; top: number } {
    return {
      left: MARGIN + (tile % this.columns) * (this.tileWidth + GAP),
      top: MARGIN + HEADING + Math.floor(tile / this.columns) * (this.tileHeight + LABEL) - 8,
    };
  }

  /** Heading, legend and words. */
  svg({ sentence, words }: Caption): string {
    const legendWidth = 150;
    const { width, height } = this;
    const parts = [
      textSvg(sentence, {
        x: MARGIN + 1,
        y: MARGIN + 24,
        xHeight: 14,
        maxWidth: width - 2 * MARGIN - legendWidth - 24,
        anchor: "start",
        colour: INK,
      }),
      legend(width - MARGIN - legendWidth, MARGIN + 8, legendWidth),
    ];
    for (const [i, word] of words.entries()) {
      const { left, top } = this.corner(i + 1);
      parts.push(
        textSvg(word, {
          x: left + this.tileWidth / 2,
          y: top + this.tileHeight + 21,
          xHeight: 10.5,
          weight: 0.19,
          maxWidth: this.tileWidth,
          anchor: "middle",
          colour: INK,
        }),
      );
    }
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${parts.join("")}</svg>`;
  }
}

/** A bar of the colours with "less" and "more". */
function legend(x: number, y: number, width: number): string {
  const stops = Array.from({ length: 17 }, (_, i) => {
    const [r, g, b] = HEAT_COLOURS.subarray(Math.round((i / 16) * 255) * 3);
    return `<stop offset="${i / 16}" stop-color="rgb(${r},${g},${b})"/>`;
  });
  const text = { y: y + 26, xHeight: 7, maxWidth: width / 2, colour: FAINT };
  return (
    `<defs><linearGradient id="heat">${stops.join("")}</linearGradient></defs>` +
    `<rect x="${x}" y="${y}" width="${width}" height="10" rx="2" fill="url(#heat)"/>` +
    textSvg("less attention", { ...text, x, anchor: "start" }) +
    textSvg("more", { ...text, x: x + width, anchor: "end" })
  );
}
