import { keyOf } from "../../random/seeded.js";
import { Dice } from "./dice.js";
import { arrange, type Region, regionsOf, sidesIn } from "./layout.js";
import { BACKDROPS, COLOURS, type Group, KINDS, type Layout, PLACES, type Scene, type Size } from "./things.js";

const LAYOUTS: readonly (readonly [Layout, number])[] = [
  ["alone", 30],
  ["beside", 27],
  ["stacked", 23],
  ["row", 8],
  ["column", 5],
  ["arch", 7],
];
/** Sizes, by the number of groups in the picture: a lonely thing may fill it. */
const SIZES: Record<number, readonly (readonly [Size, number])[]> = {
  1: [
    ["tiny", 25],
    ["medium", 35],
    ["big", 40],
  ],
  2: [
    ["tiny", 25],
    ["medium", 40],
    ["big", 35],
  ],
  3: [
    ["tiny", 25],
    ["medium", 45],
    ["big", 30],
  ],
};
/** Counts 1 to 4, by the number of groups in the picture. */
const COUNTS: Record<number, readonly (readonly [number, number])[]> = {
  1: [
    [1, 40],
    [2, 22],
    [3, 20],
    [4, 18],
  ],
  2: [
    [1, 50],
    [2, 22],
    [3, 16],
    [4, 12],
  ],
  3: [
    [1, 65],
    [2, 25],
    [3, 10],
  ],
};

/** Scene `index` of the endless row that a seed gives. */
export function drawScene(seed: number, index: number, attempt = 0): Scene {
  const dice = new Dice(seed, "scene", index, attempt);
  const layout = dice.weighted(LAYOUTS);
  const place = layout === "alone" ? dice.pick([...PLACES, "middle" as const, "middle" as const]) : undefined;
  const backdrop = dice.pick(BACKDROPS);
  const regions = regionsOf(layout, place);
  const groups: Group[] = [];
  for (const region of regions) {
    // A corner is too small for several things.
    const count = place?.includes(" ") ? 1 : dice.weighted(COUNTS[regions.length]!);
    const sizes = SIZES[regions.length]!.filter(([size]) => sidesIn(region, count, size));
    groups.push(drawGroup(region, count, dice.weighted(sizes), groups, dice));
  }
  return {
    seed: keyOf(seed, "scenery", index),
    backdrop,
    layout,
    ...(place && { place }),
    groups,
  };
}

/** A group that does not share both kind and colour with one before it. */
function drawGroup(region: Region, count: number, size: Size, before: readonly Group[], dice: Dice): Group {
  let kind = dice.pick(KINDS);
  let colour = dice.pick(COLOURS);
  while (before.some((other) => other.kind === kind && other.colour === colour)) {
    kind = dice.pick(KINDS);
    colour = dice.pick(COLOURS);
  }
  const [low, high] = sidesIn(region, count, size)!;
  const side = dice.between(low, high);
  const shade = Math.round(dice.between(-1, 1) * 100) / 100;
  return { kind, colour, size, shade, items: arrange(region, count, side, 11, dice) };
}

/** All that captions can tell of a scene: two scenes with one signature have the same captions to choose from. */
export function signatureOf({ backdrop, layout, place, groups }: Scene): string {
  const parts = groups.map(({ kind, colour, size, items }) => `${items.length} ${size} ${colour} ${kind}`);
  return [backdrop, layout, place ?? "", ...parts].join("; ");
}

/** The first `count` scenes of a seed, no two of one signature. */
export function drawScenes(seed: number, count: number): Scene[] {
  const seen = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    for (let attempt = 0; ; attempt++) {
      const scene = drawScene(seed, index, attempt);
      const signature = signatureOf(scene);
      if (seen.has(signature)) continue;
      seen.add(signature);
      return scene;
    }
  });
}
