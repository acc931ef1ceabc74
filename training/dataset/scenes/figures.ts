import type { Kind } from "./things.js";

/** Three shades of a figure's colour. */
export interface Shades {
  base: string;
  dark: string;
  light: string;
}

/** A figure in the box from -50 to 50, y down. `outline` has no fill of its own: it gives border and shadow. */
export interface Figure {
  outline: string;
  body(shades: Shades): string;
}

const CREAM = "#fff6e3";
const INK = "#33303b";
const WOOD = "#8a5a3b";

const path = (d: string) => `<path d="${d}"/>`;
const filled = (fill: string, shapes: string) => `<g fill="${fill}">${shapes}</g>`;
const line = (stroke: string, width: number, d: string) =>
  `<path d="${d}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const disc = (x: number, y: number, r: number) => `<circle cx="${x}" cy="${y}" r="${r}"/>`;
const gloss = (d: string) =>
  `<path d="${d}" fill="none" stroke="#fff" stroke-width="6" stroke-linecap="round" opacity=".55"/>`;

/** One outline in one colour, with a soft edge of the dark shade. */
function plain(outline: string, shine: string): Figure {
  return {
    outline,
    body: ({ base, dark }) =>
      `<g fill="${base}" stroke="${dark}" stroke-width="3.5" stroke-linejoin="round">${outline}</g>${gloss(shine)}`,
  };
}

const STAR = path("M0-47L13.8-17.5L46-13.5L22.3 8.7L28.5 40.5L0 25L-28.5 40.5L-22.3 8.7L-46-13.5L-13.8-17.5Z");
const HEART = path(
  "M0 43C-20 27-47 8-47-15C-47-32-34-42-21-42C-11-42-4-36 0-28C4-36 11-42 21-42C34-42 47-32 47-15C47 8 20 27 0 43Z",
);
const RING = `<path fill-rule="evenodd" d="M0-46A46 46 0 1 1 0 46A46 46 0 1 1 0-46ZM0-22A22 22 0 1 0 0 22A22 22 0 1 0 0-22Z"/>`;
const MOON = path("M14-46A47 47 0 1 0 44 22A38 38 0 0 1 14-46Z");

const PETALS = [
  [0, -28],
  [26.6, -8.7],
  [16.5, 22.6],
  [-16.5, 22.6],
  [-26.6, -8.7],
]
  .map(([x, y]) => disc(x!, y!, 18.5))
  .join("");

const WALLS = path("M-34-4H34V42H-34Z");
const ROOF = path("M-46 0L0-44L46 0Z");
const CHIMNEY = path("M18-42H30V-14H18Z");

const CROWN = disc(0, -22, 25) + disc(-20, -2, 21) + disc(20, -2, 21) + disc(0, 2, 20);
const TRUNK = path("M-7 12H7L10 47H-10Z");

const HULL = path("M-46 18H46L32 43H-30Z");
const SAILS = path("M4-44C26-30 34-8 35 10H4ZM-4-32C-18-20-30-4-34 10H-4Z");
const MAST = path("M-3-46H3V20H-3Z");

const FISH_BODY = path("M-46 2C-34-24-2-34 26-4L46-25C42-8 42 10 46 27L26 8C-2 36-34 28-46 2Z");
const FISH_FIN = path("M-16-20C-8-38 8-38 16-32L10-10Z");

const CAR_BODY = path(
  "M-47 24V6C-47-3-40-7-30-8L-19-27C-17-30-15-31-11-31H11C16-31 18-29 21-26L33-8C42-6 47-1 47 8V24C47 26 45 27 43 27H-43C-45 27-47 26-47 24Z",
);
const WHEELS = disc(-25, 26, 12) + disc(25, 26, 12);

const BALLOON = path("M0-48C25-48 39-31 39-12C39 8 16 24 4 28L9 35H-9L-4 28C-16 24-39 8-39-12C-39-31-25-48 0-48Z");
const STRING = "M0 35C-6 39 6 44 0 48";

const CAP = path("M-47 2C-47-28-26-44 0-44C26-44 47-28 47 2C47 9 30 12 0 12C-30 12-47 9-47 2Z");
const STALK = path("M-17 8H17C15 22 20 32 22 40C22 46-22 46-22 40C-20 32-15 22-17 8Z");

const CAT_HEAD = path(
  "M-42-44C-34-42-22-34-17-27C-6-31 6-31 17-27C22-34 34-42 42-44C46-28 46-14 44 2C44 28 26 42 0 42C-26 42-44 28-44 2C-46-14-46-28-42-44Z",
);

/** How each kind of thing looks. */
export const FIGURES: Record<Kind, Figure> = {
  circle: plain(disc(0, 0, 45), "M-28-14A32 32 0 0 1-10-30"),
  square: plain(`<rect x="-41" y="-41" width="82" height="82" rx="5"/>`, "M-28-10V-28H-14"),
  triangle: plain(path("M0-44L47 38H-47Z"), "M-22 12L-9-11"),
  star: plain(STAR, "M-9-12L-3-25"),
  heart: plain(HEART, "M-34-14C-34-22-29-29-22-30"),
  ring: plain(RING, "M-32-12A34 34 0 0 1-16-30"),
  moon: plain(MOON, "M-35 2A36 36 0 0 1-20-27"),
  flower: {
    outline: PETALS,
    body: ({ base, dark }) =>
      `<g fill="${base}" stroke="${dark}" stroke-width="3">${PETALS}</g>${filled(base, disc(0, 0, 22))}` +
      `<circle r="14" fill="${CREAM}" stroke="${dark}" stroke-width="3"/>`,
  },
  house: {
    outline: WALLS + ROOF + CHIMNEY,
    body: ({ base, dark }) =>
      filled(dark, CHIMNEY) +
      filled(base, WALLS) +
      `<g fill="${dark}" stroke="${dark}" stroke-width="4" stroke-linejoin="round">${path("M-44-3L0-44L44-3Z")}</g>` +
      filled(CREAM, path("M-24 8H-6V26H-24ZM6 10H24V42H6Z") + disc(0, -19, 7)) +
      line(dark, 2.5, "M-15 8V26M-24 17H-6") +
      filled(dark, disc(19, 27, 2.5)),
  },
  tree: {
    outline: CROWN + TRUNK,
    body: ({ base, dark, light }) =>
      filled(WOOD, TRUNK) +
      `<g fill="${base}" stroke="${dark}" stroke-width="3">${CROWN}</g>` +
      filled(base, disc(0, -8, 24)) +
      filled(light, disc(-9, -27, 5) + disc(12, -12, 4.5) + disc(-20, -3, 4.5) + disc(3, 5, 4)),
  },
  boat: {
    outline: HULL + SAILS + MAST,
    body: ({ base, dark, light }) =>
      filled(WOOD, MAST) +
      `<g fill="${light}" stroke="${base}" stroke-width="3" stroke-linejoin="round">${SAILS}</g>` +
      `<g fill="${base}" stroke="${dark}" stroke-width="3" stroke-linejoin="round">${HULL}</g>` +
      line(CREAM, 4, "M-34 26H34"),
  },
  fish: {
    outline: FISH_BODY + FISH_FIN,
    body: ({ base, dark, light }) =>
      filled(dark, FISH_FIN) +
      `<g fill="${base}" stroke="${dark}" stroke-width="3" stroke-linejoin="round">${FISH_BODY}</g>` +
      line(light, 5, "M-4-10Q4 1-4 12M10-6Q16 1 10 9") +
      filled("#fff", disc(-26, -4, 7.5)) +
      filled(INK, disc(-27, -4, 3.8)),
  },
  car: {
    outline: CAR_BODY + WHEELS,
    body: ({ base, dark }) =>
      `<g fill="${base}" stroke="${dark}" stroke-width="3" stroke-linejoin="round">${CAR_BODY}</g>` +
      filled("#e9f5fb", path("M-20-9L-11-24H-3V-9ZM4-24H11C14-24 15-23 17-20L23-9H4Z")) +
      filled(INK, WHEELS) +
      filled("#d8d8de", disc(-25, 26, 5) + disc(25, 26, 5)) +
      filled(CREAM, disc(-40, 6, 4)) +
      line(dark, 2.5, "M0-6V18M6 0H12"),
  },
  balloon: {
    outline: `${BALLOON}<path d="${STRING}" fill="none"/>`,
    body: ({ base, dark }) =>
      line(INK, 2.5, STRING) +
      `<g fill="${base}" stroke="${dark}" stroke-width="3" stroke-linejoin="round">${BALLOON}</g>` +
      gloss("M-24-14C-24-25-17-34-8-36"),
  },
  mushroom: {
    outline: CAP + STALK,
    body: ({ base, dark }) =>
      `<g fill="${CREAM}" stroke="#d9c7a5" stroke-width="2.5">${STALK}</g>` +
      `<g fill="${base}" stroke="${dark}" stroke-width="3">${CAP}</g>` +
      filled("#fff", disc(0, -25, 9) + disc(-27, -9, 7) + disc(26, -11, 8) + disc(1, 2, 4.5)),
  },
  cat: {
    outline: CAT_HEAD,
    body: ({ base, dark, light }) =>
      `<g fill="${base}" stroke="${dark}" stroke-width="3" stroke-linejoin="round">${CAT_HEAD}</g>` +
      filled(light, path("M-38-36C-31-33-26-29-23-25L-36-16ZM38-36C31-33 26-29 23-25L36-16Z")) +
      filled("#fff", `<ellipse cx="-17" cy="-2" rx="8.5" ry="10"/><ellipse cx="17" cy="-2" rx="8.5" ry="10"/>`) +
      filled(INK, `<ellipse cx="-16" cy="-1" rx="4.5" ry="7.5"/><ellipse cx="16" cy="-1" rx="4.5" ry="7.5"/>`) +
      filled(CREAM, `<ellipse cx="0" cy="20" rx="17" ry="12"/>`) +
      filled(INK, path("M-5 12H5L0 18Z")) +
      line(INK, 2.5, "M0 18V22M-7 23Q-3 28 0 22Q3 28 7 23M-24 17L-42 13M-24 23L-41 26M24 17L42 13M24 23L41 26"),
  },
};
