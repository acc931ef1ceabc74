/** What scenes are made of. A value appended here changes every scene: raise VERSION in index.ts with it. */
export const KINDS = [
  "circle",
  "square",
  "triangle",
  "star",
  "heart",
  "ring",
  "moon",
  "flower",
  "house",
  "tree",
  "boat",
  "fish",
  "car",
  "balloon",
  "mushroom",
  "cat",
] as const;
export type Kind = (typeof KINDS)[number];

export const COLOURS = ["red", "orange", "yellow", "green", "blue", "purple", "pink", "black"] as const;
export type Colour = (typeof COLOURS)[number];

/** Medium things have no word for their size. */
export type Size = "tiny" | "medium" | "big";

/** Side of a thing's box in pixels, from and to; the gaps between are what makes "tiny" and "big" plain to see. */
export const SIDES: Record<Size, readonly [number, number]> = { tiny: [35, 39], medium: [46, 66], big: [80, 150] };

export const BACKDROPS = [
  "sky",
  "night",
  "meadow",
  "sea",
  "snow",
  "desert",
  "sunset",
  "white",
  "pale blue",
  "pale pink",
  "pale yellow",
  "pale green",
] as const;
export type Backdrop = (typeof BACKDROPS)[number];

/** Where the only group of a picture lies. */
export const PLACES = [
  "middle",
  "left",
  "right",
  "top",
  "bottom",
  "top left",
  "top right",
  "bottom left",
  "bottom right",
] as const;
export type Place = (typeof PLACES)[number];

/**
 * How the groups lie: one alone; two beside each other (first left) or stacked (first above); three in a row (left to
 * right), in a column (top to bottom), or as an arch: the first above, the others below it, left and right.
 */
export type Layout = "alone" | "beside" | "stacked" | "row" | "column" | "arch";

/** One drawn thing: centre, side of its box and turn, in pixels and degrees; x to the right, y down. */
export interface Item {
  x: number;
  y: number;
  side: number;
  turn: number;
  mirrored: boolean;
}

/** Things of one kind, colour and size, lying together. */
export interface Group {
  kind: Kind;
  colour: Colour;
  size: Size;
  /** -1 (darkest) to 1 (lightest) of the colour's shades. */
  shade: number;
  /** As many as the group counts: 1 to 4. */
  items: Item[];
}

/** Width and height of a scene in pixels. */
export const CANVAS = 224;

/** All that a picture shows. No two groups of a scene agree in both kind and colour. */
export interface Scene {
  /** Seed of what is drawn without being described: clouds, waves, stars. */
  seed: number;
  backdrop: Backdrop;
  layout: Layout;
  /** Only with layout "alone". */
  place?: Place;
  groups: Group[];
}
