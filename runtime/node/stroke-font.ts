/**
 * A single-stroke alphabet drawn for this package, so that words are legible where no font is installed (SVG text then
 * comes out empty). Each glyph is its width and an SVG path; baseline at y = 0, x-height 10, capitals 14, ascenders 15,
 * descenders 5 below.
 */
const BOWL = "A4.5 5 0 1 1";
const GLYPHS: Record<string, [width: number, path: string]> = {
  " ": [3, ""],
  a: [9, `M9 -10 V0 M9 -5 ${BOWL} 0 -5 ${BOWL} 9 -5`],
  b: [9, `M0 -15 V0 M0 -5 ${BOWL} 9 -5 ${BOWL} 0 -5`],
  c: [8, "M7.95 -8.2 A4.5 5 0 1 0 7.95 -1.8"],
  d: [9, `M9 -15 V0 M9 -5 ${BOWL} 0 -5 ${BOWL} 9 -5`],
  e: [9, "M0 -5 H9 A4.5 5 0 1 0 7.7 -1.5"],
  f: [5.5, "M5.5 -14.8 H5 A3 3.2 0 0 0 2 -11.6 V0 M0 -10 H5"],
  g: [9, `M9 -10 V0.4 A4.5 4.5 0 0 1 0.8 3 M9 -5 ${BOWL} 0 -5 ${BOWL} 9 -5`],
  h: [8, "M0 -15 V0 M0 -5.5 A4 4.5 0 0 1 8 -5.5 V0"],
  i: [0, "M0 -10 V0 M0 -14 h0.01"],
  j: [2.5, "M2.5 -10 V1.6 A3 3 0 0 1 -0.6 4.6 M2.5 -14 h0.01"],
  k: [8, "M0 -15 V0 M7.4 -10 L0 -3.8 M2.8 -6.1 L8 0"],
  l: [0, "M0 -15 V0"],
  m: [14, "M0 -10 V0 M0 -6 A3.5 4 0 0 1 7 -6 V0 M7 -6 A3.5 4 0 0 1 14 -6 V0"],
  n: [8, "M0 -10 V0 M0 -5.5 A4 4.5 0 0 1 8 -5.5 V0"],
  o: [9, `M0 -5 ${BOWL} 9 -5 ${BOWL} 0 -5`],
  p: [9, `M0 -10 V5 M0 -5 ${BOWL} 9 -5 ${BOWL} 0 -5`],
  q: [9, `M9 -10 V5 M9 -5 ${BOWL} 0 -5 ${BOWL} 9 -5`],
  r: [5, "M0 -10 V0 M0 -5.5 A4 4.5 0 0 1 5 -9.8"],
  s: [7, "M6.6 -8.2 A3.4 2.6 0 0 0 3.5 -10 C-0.1 -10 -0.3 -5.9 3.4 -5.2 C7.6 -4.4 7.5 0 3.5 0 A3.6 2.8 0 0 1 0 -2.1"],
  t: [5.7, "M2.2 -13.5 V-3 A3 3 0 0 0 5.2 0 H5.7 M0 -10 H5.5"],
  u: [8, "M0 -10 V-4.5 A4 4.5 0 0 0 8 -4.5 M8 -10 V0"],
  v: [8, "M0 -10 L4 0 L8 -10"],
  w: [13, "M0 -10 L3.3 0 L6.5 -9.5 L9.7 0 L13 -10"],
  x: [7.6, "M0 -10 L7.6 0 M7.6 -10 L0 0"],
  y: [8.2, "M0 -10 L4.2 0 M8.2 -10 L3.1 3 A2.6 2.6 0 0 1 0.3 4.7"],
  z: [7.2, "M0 -10 H7 L0 0 H7.2"],
  A: [10, "M0 0 L5 -14 L10 0 M1.8 -4.8 H8.2"],
  B: [8.2, "M0 -14 V0 H4.6 A3.6 3.6 0 0 0 4.6 -7.2 H0 M4 -7.2 A3.4 3.4 0 0 0 4 -14 H0"],
  C: [10.2, "M10.24 -11.95 A6 7 0 1 0 10.24 -2.05"],
  D: [10, "M0 0 V-14 H3 A7 7 0 0 1 3 0 Z"],
  E: [7.2, "M7 -14 H0 V0 H7.2 M0 -7.2 H6"],
  F: [7, "M7 -14 H0 V0 M0 -7.2 H6"],
  G: [11.9, "M10.24 -11.95 A6 7 0 1 0 11.94 -6.2 H7"],
  H: [9, "M0 -14 V0 M9 -14 V0 M0 -7.2 H9"],
  I: [0, "M0 -14 V0"],
  J: [5, "M5 -14 V-2.8 A2.6 2.8 0 0 1 -0.2 -2.2"],
  K: [8.6, "M0 -14 V0 M8 -14 L0 -5.5 M2.9 -8.5 L8.6 0"],
  L: [6.5, "M0 -14 V0 H6.5"],
  M: [11.6, "M0 0 V-14 L5.8 -4 L11.6 -14 V0"],
  N: [9, "M0 0 V-14 L9 0 V-14"],
  O: [12, "M0 -7 A6 7 0 1 1 12 -7 A6 7 0 1 1 0 -7"],
  P: [8, "M0 0 V-14 H4.2 A3.8 3.8 0 0 1 4.2 -6.4 H0"],
  Q: [12, "M0 -7 A6 7 0 1 1 12 -7 A6 7 0 1 1 0 -7 M8 -3.2 L12 0.8"],
  R: [8.4, "M0 0 V-14 H4.2 A3.8 3.8 0 0 1 4.2 -6.4 H0 M4.2 -6.4 L8.4 0"],
  S: [8.8, "M8 -11.6 A4.2 3.6 0 0 0 4.3 -14 C-0.8 -14 -1 -8.3 4.2 -7.3 C9.8 -6.2 9.6 0 4.4 0 A4.6 3.8 0 0 1 0 -3"],
  T: [9, "M0 -14 H9 M4.5 -14 V0"],
  U: [9, "M0 -14 V-4.5 A4.5 4.5 0 0 0 9 -4.5 V-14"],
  V: [10, "M0 -14 L5 0 L10 -14"],
  W: [14.8, "M0 -14 L3.7 0 L7.4 -12.5 L11.1 0 L14.8 -14"],
  X: [9, "M0 -14 L9 0 M9 -14 L0 0"],
  Y: [9.2, "M0 -14 L4.6 -7 L9.2 -14 M4.6 -7 V0"],
  Z: [8.6, "M0 -14 H8.4 L0 0 H8.6"],
  "0": [8.6, "M0 -7 A4.3 7 0 1 1 8.6 -7 A4.3 7 0 1 1 0 -7"],
  "1": [3.4, "M0 -11.4 L3.4 -14 V0"],
  "2": [8, "M0.2 -10.4 A3.8 3.7 0 1 1 6.9 -7.9 L0 0 H8"],
  "3": [7.4, "M0.4 -12.2 A3.6 3.4 0 1 1 3.2 -7.4 A3.8 3.7 0 1 1 0 -2.4"],
  "4": [8.2, "M6 0 V-14 L0 -4 H8.2"],
  "5": [7.8, "M7 -14 H1.2 L0.6 -7.6 A4.1 4.4 0 1 1 0 -1.8"],
  "6": [8.4, "M6.6 -14 C3 -11.5 0 -8 0 -4.3 A4.2 4.3 0 1 0 8.4 -4.3 A4.2 4.3 0 0 0 0.4 -5.8"],
  "7": [8, "M0 -14 H8 L2.6 0"],
  "8": [8.4, "M4.2 -7.4 A3.4 3.3 0 1 1 4.2 -14 A3.4 3.3 0 1 1 4.2 -7.4 A4.2 3.7 0 1 1 4.2 0 A4.2 3.7 0 1 1 4.2 -7.4"],
  "9": [8.4, "M1.8 0 C5.4 -2.5 8.4 -6 8.4 -9.7 A4.2 4.3 0 1 0 0 -9.7 A4.2 4.3 0 0 0 8 -8.2"],
  ".": [0, "M0 0 h0.01"],
  ",": [1, "M1 -0.5 L0 2.6"],
  ":": [0, "M0 0 h0.01 M0 -8 h0.01"],
  ";": [1, "M1 -0.5 L0 2.6 M1 -8 h0.01"],
  "!": [0, "M0 -14 V-4 M0 0 h0.01"],
  "?": [7, "M0.2 -11 A3.6 3.4 0 1 1 5.6 -8 C4 -7 3.6 -6.2 3.6 -4 M3.6 0 h0.01"],
  "'": [0, "M0 -15 V-11.5"],
  '"': [3, "M0 -15 V-11.5 M3 -15 V-11.5"],
  "-": [5, "M0 -5 H5"],
  "/": [6, "M0 1.5 L6 -15"],
  "&": [10, "M10 0 L2.6 -9.4 A2.8 2.8 0 1 1 7 -11 C7 -8.5 0 -7.6 0 -3.7 A4 3.7 0 0 0 4 0 C7 0 9 -3 9.4 -6.4"],
  "(": [3, "M3 -16 A14 14 0 0 0 3 3"],
  ")": [3, "M0 -16 A14 14 0 0 1 0 3"],
  "+": [8, "M0 -5 H8 M4 -9 V-1"],
  "#": [9, "M3 -14 L1 0 M8 -14 L6 0 M0 -9.5 H9 M0 -4.5 H9"],
};

/** Space between two glyphs. */
const GAP = 3.4;

/** Whether every character of a text has a glyph. */
export function canStroke(text: string): boolean {
  return [...text].every((character) => character in GLYPHS);
}

/** Width of a text in the font's units (x-height 10). */
export function strokeWidth(text: string): number {
  return [...text].reduce((width, character) => width + (GLYPHS[character]?.[0] ?? 0) + GAP, -GAP);
}

/** SVG elements that draw a text from the origin on the baseline; the enclosing group gives the stroke. */
export function strokeText(text: string): string {
  let x = 0;
  let svg = "";
  for (const character of text) {
    const [width, path] = GLYPHS[character] ?? [0, ""];
    if (path) svg += `<path transform="translate(${x.toFixed(2)} 0)" d="${path}"/>`;
    x += width + GAP;
  }
  return svg;
}
