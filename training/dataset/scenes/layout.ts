import type { Dice } from "./dice.js";
import { CANVAS, type Item, type Layout, type Place, SIDES, type Size } from "./things.js";

/** Part of the canvas for one group, in pixels. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
  /** How far the group's centre may stray from the region's, so that "left of" never looks like "above". */
  stray: number;
}

const region = (x: number, y: number, width: number, height: number, stray: number): Region => {
  return { x, y, width, height, stray };
};
const NEAR = 6;
const FAR = CANVAS - NEAR;
const HALF = 102;
const THIRD = 69;
const THIRDS = [NEAR, (CANVAS - THIRD) / 2, FAR - THIRD];

const ALONE: Record<Place, Region> = {
  middle: region(17, 17, 190, 190, 8),
  left: region(NEAR, 14, HALF, 196, 22),
  right: region(FAR - HALF, 14, HALF, 196, 22),
  top: region(14, NEAR, 196, HALF, 22),
  bottom: region(14, FAR - HALF, 196, HALF, 22),
  "top left": region(NEAR, NEAR, 92, 92, 10),
  "top right": region(FAR - 92, NEAR, 92, 92, 10),
  "bottom left": region(NEAR, FAR - 92, 92, 92, 10),
  "bottom right": region(FAR - 92, FAR - 92, 92, 92, 10),
};

/** The regions of a layout, in the order of its groups. */
export function regionsOf(layout: Layout, place: Place = "middle"): Region[] {
  switch (layout) {
    case "alone":
      return [ALONE[place]];
    case "beside":
      return [ALONE.left, ALONE.right];
    case "stacked":
      return [ALONE.top, ALONE.bottom];
    case "row":
      return THIRDS.map((x) => region(x, 40, THIRD, 144, 18));
    case "column":
      return THIRDS.map((y) => region(40, y, 144, THIRD, 18));
    case "arch":
      return [
        region(40, NEAR, 144, 98, 10),
        region(NEAR, FAR - HALF, HALF, HALF, 8),
        region(FAR - HALF, FAR - HALF, HALF, HALF, 8),
      ];
  }
}

/** Number of things in each row, by count. */
const ARRANGEMENTS: Record<number, readonly (readonly number[])[]> = {
  1: [[1]],
  2: [[2], [1, 1]],
  3: [[3], [1, 1, 1], [1, 2], [2, 1]],
  4: [[4], [2, 2], [1, 1, 1, 1]],
};

/** A thing, its border and a little air, as a multiple of its side. */
const ROOM = 1.08;

function largestSide(region: Region, rows: readonly number[]): number {
  return Math.min(region.width / Math.max(...rows), region.height / rows.length) / ROOM;
}

/** Sides in pixels that `count` things of this size may have in the region; undefined if they do not fit. */
export function sidesIn(region: Region, count: number, size: Size): [number, number] | undefined {
  const [low, high] = SIDES[size];
  const limit = Math.min(high, Math.max(...ARRANGEMENTS[count]!.map((rows) => largestSide(region, rows))));
  return limit < low ? undefined : [low, limit];
}

const tenth = (value: number) => Math.round(value * 10) / 10;

/** Puts `count` things of one side into the region: in rows, close together, none over another. */
export function arrange(region: Region, count: number, side: number, turn: number, dice: Dice): Item[] {
  const fitting = ARRANGEMENTS[count]!.filter((rows) => largestSide(region, rows) >= side);
  const rows = dice.pick(fitting);
  const pitchX = Math.min(region.width / Math.max(...rows), side * 1.35);
  const pitchY = Math.min(region.height / rows.length, side * 1.35);
  const strayX = Math.min(region.stray, (region.width - pitchX * Math.max(...rows)) / 2);
  const strayY = Math.min(region.stray, (region.height - pitchY * rows.length) / 2);
  const centreX = region.x + region.width / 2 + dice.between(-strayX, strayX);
  const centreY = region.y + region.height / 2 + dice.between(-strayY, strayY);
  const [jitterX, jitterY] = [(pitchX - side * ROOM) / 2, (pitchY - side * ROOM) / 2];
  return rows.flatMap((across, row) =>
    Array.from({ length: across }, (_, column) => ({
      x: tenth(centreX + (column - (across - 1) / 2) * pitchX + dice.between(-jitterX, jitterX)),
      y: tenth(centreY + (row - (rows.length - 1) / 2) * pitchY + dice.between(-jitterY, jitterY)),
      side: tenth(side * dice.between(0.96, 1)),
      turn: tenth(dice.between(-turn, turn)),
      mirrored: dice.chance(0.5),
    })),
  );
}
