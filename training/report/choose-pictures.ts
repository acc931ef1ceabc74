/** Why a picture is shown. */
export type PictureGroup = "worst" | "middle" | "best" | "different";

export interface Choice {
  /** Its place among the images. */
  image: number;
  group: PictureGroup;
}

/** Shares of the pictures shown, first come first served. */
const ALONE: [PictureGroup, number][] = [
  ["worst", 0.5],
  ["best", 0.25],
  ["middle", 1],
];
const COMPARED: [PictureGroup, number][] = [
  ["worst", 0.4],
  ["best", 0.2],
  ["different", 0.2],
  ["middle", 1],
];

/**
 * Chooses pictures to look at: half of them the worst, the others the best and those around the median; of several runs
 * also those whose captions differ most in score.
 * @param scores [runs][images], the first run's decide what is worst and best
 * @returns at most `count` pictures, the worst first
 */
export function choosePictures(scores: readonly (readonly number[])[], count: number): Choice[] {
  const [first] = scores;
  const ascending = first.map((_, image) => image).sort((a, b) => first[a] - first[b]);
  const spread = (image: number) => {
    const own = scores.map((ofRun) => ofRun[image]);
    return Math.max(...own) - Math.min(...own);
  };
  const middle = (ascending.length - 1) / 2;
  const orders: Record<PictureGroup, number[]> = {
    worst: ascending,
    best: ascending.toReversed(),
    different: ascending.toSorted((a, b) => spread(b) - spread(a)),
    middle: ascending
      .map((image, rank) => ({ image, distance: Math.abs(rank - middle) }))
      .sort((a, b) => a.distance - b.distance)
      .map(({ image }) => image),
  };
  const total = Math.min(count, first.length);
  const chosen = new Map<number, PictureGroup>();
  for (const [group, share] of scores.length > 1 ? COMPARED : ALONE) {
    const end = Math.min(total, chosen.size + Math.ceil(total * share));
    for (const image of orders[group]) {
      if (chosen.size >= end) break;
      if (!chosen.has(image)) chosen.set(image, group);
    }
  }
  return ascending.filter((image) => chosen.has(image)).map((image) => ({ image, group: chosen.get(image)! }));
}
