import { Dice } from "./dice.js";
import { type Backdrop, CANVAS } from "./things.js";

const W = CANVAS;

const round = (value: number) => Math.round(value * 10) / 10;
const path = (fill: string, d: string, opacity = 1) => `<path d="${d}" fill="${fill}" opacity="${opacity}"/>`;

/** A gradient from top to bottom over the whole picture. */
function gradient(...stops: string[]): string {
  const marks = stops.map(
    (colour, i) => `<stop offset="${round((100 * i) / (stops.length - 1))}%" stop-color="${colour}"/>`,
  );
  return (
    `<defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1">${marks.join("")}</linearGradient></defs>` +
    `<rect width="${W}" height="${W}" fill="url(#g)"/>`
  );
}

/** Land that rolls from one side to the other at about height `y`, filled to the lower edge. */
function hill(fill: string, y: number, swing: number, dice: Dice): string {
  const at = () => round(y + dice.between(-swing, swing));
  return path(
    fill,
    `M0 ${at()}C${round(W * 0.3)} ${at()} ${round(W * 0.35)} ${at()} ${round(W * 0.55)} ${at()}S${round(W * 0.85)} ${at()} ${W} ${at()}V${W}H0Z`,
  );
}

function cloud(x: number, y: number, size: number, opacity: number): string {
  const [a, b] = [round(size), round(size * 0.55)];
  return (
    `<g fill="#fff" opacity="${opacity}" transform="translate(${round(x)} ${round(y)})">` +
    `<ellipse rx="${round(a * 1.3)}" ry="${round(b * 0.6)}" cy="${round(b * 0.45)}"/>` +
    `<circle r="${round(b * 0.75)}" cx="${round(-a * 0.45)}"/><circle r="${b}" cx="${round(a * 0.2)}" cy="${round(-b * 0.25)}"/></g>`
  );
}

/** Small marks all over a part of the picture. */
function sprinkle(
  count: number,
  top: number,
  bottom: number,
  dice: Dice,
  mark: (x: number, y: number) => string,
): string {
  const marks: string[] = [];
  for (let i = 0; i < count; i++) marks.push(mark(round(dice.between(3, W - 3)), round(dice.between(top, bottom))));
  return marks.join("");
}

/** A line of waves across the picture. */
function waves(y: number, dice: Dice): string {
  const length = round(dice.between(14, 20));
  const start = round(dice.between(-2 * length, 0));
  return `<path d="M${start} ${round(y)}q${length / 2} -5 ${length} 0${`t${length} 0`.repeat(20)}" fill="none" stroke="#fff" stroke-width="2" opacity=".35"/>`;
}

function clouds(count: number, top: number, bottom: number, dice: Dice): string {
  return Array.from({ length: count }, (_, i) =>
    cloud(
      ((i + dice.between(0.2, 0.8)) * W) / count,
      dice.between(top, bottom),
      dice.between(16, 26),
      round(dice.between(0.6, 0.9)),
    ),
  ).join("");
}

const plain = (middle: string, edge: string) => () =>
  `<defs><radialGradient id="g" r=".8"><stop offset="0" stop-color="${middle}"/><stop offset="1" stop-color="${edge}"/></radialGradient></defs>` +
  `<rect width="${W}" height="${W}" fill="url(#g)"/>`;

const SCENERY: Record<Backdrop, (dice: Dice) => string> = {
  sky: (dice) => gradient("#58b0ee", "#9fd5f8", "#dff2fd") + clouds(3, 20, 90, dice) + clouds(2, 130, 205, dice),
  night: (dice) =>
    gradient("#10163a", "#232b63", "#46447f") +
    sprinkle(
      55,
      2,
      180,
      dice,
      (x, y) => `<circle cx="${x}" cy="${y}" r="${round(dice.between(0.5, 1.3))}" fill="#fff" opacity=".85"/>`,
    ) +
    hill("#1b1f47", 190, 9, dice) +
    hill("#131635", 206, 6, dice),
  meadow: (dice) =>
    gradient("#a8dcf6", "#dff3fb", "#f3fbef") +
    clouds(2, 16, 40, dice) +
    hill("#b5dd8a", 92, 12, dice) +
    hill("#93cc6a", 128, 10, dice) +
    hill("#78bb54", 168, 8, dice) +
    sprinkle(
      30,
      140,
      220,
      dice,
      (x, y) =>
        `<path d="M${x - 3} ${y - 4}L${x} ${y}L${x + 3} ${y - 5}" fill="none" stroke="#5da043" stroke-width="1.4"/>`,
    ),
  sea: (dice) =>
    gradient("#cfeefa", "#e9f8fc", "#fff") +
    clouds(2, 16, 40, dice) +
    `<rect y="74" width="${W}" height="${W - 74}" fill="#4db3d3"/><rect y="120" width="${W}" height="${W - 120}" fill="#3c9fc6"/><rect y="168" width="${W}" height="${W - 168}" fill="#2f88b4"/>` +
    [84, 102, 120, 138, 154, 170, 188, 206].map((y) => waves(y, dice)).join(""),
  snow: (dice) =>
    gradient("#9fb6cf", "#c9d8e8", "#e8eff6") +
    hill("#dfe9f3", 112, 14, dice) +
    hill("#eef4fa", 146, 10, dice) +
    hill("#fbfdff", 180, 8, dice) +
    sprinkle(
      60,
      2,
      222,
      dice,
      (x, y) => `<circle cx="${x}" cy="${y}" r="${round(dice.between(1, 2.4))}" fill="#fff" opacity=".9"/>`,
    ),
  desert: (dice) =>
    gradient("#fbe3b4", "#fdeecd", "#fff5e0") +
    hill("#efc987", 96, 14, dice) +
    hill("#e5b56c", 136, 12, dice) +
    hill("#d9a258", 180, 10, dice) +
    sprinkle(45, 140, 222, dice, (x, y) => `<circle cx="${x}" cy="${y}" r="1" fill="#b98440" opacity=".6"/>`),
  sunset: (dice) =>
    gradient("#5d4a8f", "#c1608f", "#f78d6b", "#ffd08a") +
    sprinkle(
      5,
      20,
      120,
      dice,
      (x, y) =>
        `<rect x="${round(x - 45)}" y="${y}" width="${round(dice.between(50, 90))}" height="5" rx="2.5" fill="#ffd9c0" opacity=".4"/>`,
    ) +
    hill("#7a3f6d", 178, 14, dice) +
    hill("#52305c", 204, 8, dice),
  white: plain("#ffffff", "#f1f1ef"),
  "pale blue": plain("#d9edfb", "#bfdff5"),
  "pale pink": plain("#fde4ec", "#f9cfdd"),
  "pale yellow": plain("#fef8d8", "#faeeb2"),
  "pale green": plain("#e2f5dc", "#c9eabf"),
};

/** SVG elements behind the things of a scene, filling the canvas. */
export function drawBackdrop(backdrop: Backdrop, seed: number): string {
  return SCENERY[backdrop](new Dice(seed, "backdrop"));
}
