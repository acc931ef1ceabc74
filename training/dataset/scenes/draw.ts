import { drawBackdrop } from "./backdrops.js";
import { FIGURES, type Shades } from "./figures.js";
import { CANVAS, type Colour, type Group, type Item, type Scene } from "./things.js";

const COLOUR_VALUES: Record<Colour, readonly [number, number, number]> = {
  red: [224, 38, 44],
  orange: [250, 130, 10],
  yellow: [255, 214, 20],
  green: [46, 160, 72],
  blue: [38, 100, 218],
  purple: [124, 58, 184],
  pink: [255, 120, 182],
  black: [44, 43, 52],
};
/** White border of a thing, in pixels. */
const BORDER = 3;

/** A colour mixed with white (amount above 0) or black (below 0). */
function mixed(rgb: readonly number[], amount: number): string {
  const goal = amount > 0 ? 255 : 0;
  const parts = rgb.map((part) => Math.round(part + (goal - part) * Math.abs(amount)));
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function shadesOf({ colour, shade }: Group): Shades {
  const rgb = COLOUR_VALUES[colour];
  const offset = shade * 0.05;
  return {
    base: mixed(rgb, offset),
    dark: mixed(rgb, offset - 0.28),
    light: mixed(rgb, colour === "black" ? 0.28 : 0.38),
  };
}

/** A thing as a paper sticker: shadow, white border, figure. */
function sticker(group: Group, { x, y, side, turn, mirrored }: Item): string {
  const { outline, body } = FIGURES[group.kind];
  const scale = side / 100;
  const turned = `rotate(${turn}) scale(${(mirrored ? -scale : scale).toFixed(4)} ${scale.toFixed(4)})`;
  const edge = `stroke-width="${((2 * BORDER) / scale).toFixed(1)}" stroke-linejoin="round" stroke-linecap="round"`;
  return (
    `<g transform="translate(${(x + 1.2).toFixed(1)} ${(y + 2.6).toFixed(1)}) ${turned}" opacity=".22" fill="#1a1530" stroke="#1a1530" ${edge}>${outline}</g>` +
    `<g transform="translate(${x} ${y}) ${turned}"><g fill="#fff" stroke="#fff" ${edge}>${outline}</g>${body(shadesOf(group))}</g>`
  );
}

/** The scene as an SVG document without text, so that no font decides how it looks. */
export function drawSvg(scene: Scene): string {
  const things = scene.groups.flatMap((group) => group.items.map((item) => sticker(group, item)));
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${CANVAS}" height="${CANVAS}" viewBox="0 0 ${CANVAS} ${CANVAS}">` +
    `${drawBackdrop(scene.backdrop, scene.seed)}${things.join("")}</svg>`
  );
}
