/** A value at a time. */
export interface Point {
  at: number;
  value: number;
}

/** The middle one of numbers. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [Math.floor((sorted.length - 1) / 2), Math.ceil((sorted.length - 1) / 2)];
  return ((sorted[low] ?? Number.NaN) + (sorted[high] ?? Number.NaN)) / 2;
}

/**
 * How much values grow in a unit of time: the median slope of all pairs (Theil and Sen), which a few outliers, such as a
 * moment with two models in memory, do not move.
 */
export function slope(points: Point[]): number {
  const slopes = points.flatMap((a, i) => points.slice(i + 1).map((b) => (b.value - a.value) / (b.at - a.at)));
  return slopes.length === 0 ? 0 : median(slopes);
}
