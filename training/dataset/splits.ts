import { uniform } from "../random/seeded.js";
import type { Split } from "./types.js";

/** Parts of the whole, 0 to 1 together; the rest is for training. */
export interface SplitShares {
  val: number;
  test: number;
}

/**
 * The part of each image by its own id: it stays there when others are added or removed. A data set so small that a
 * wanted part would be empty gives it the image that is nearest to it, as long as one stays for training.
 */
export function splitByIds(ids: readonly string[], seed: number, { val, test }: SplitShares): Map<string, Split> {
  const places = ids.map((id) => ({ id, place: uniform(seed, "split", id)() }));
  const parts = new Map<string, Split>(
    places.map(({ id, place }) => [id, place < test ? "test" : place < test + val ? "val" : "train"]),
  );
  const lowest = places.sort((a, b) => a.place - b.place || (a.id < b.id ? -1 : 1)).map(({ id }) => id);
  const give = (part: Split, share: number) => {
    const train = lowest.filter((id) => parts.get(id) === "train");
    if (share > 0 && train.length > 1 && !lowest.some((id) => parts.get(id) === part)) parts.set(train[0], part);
  };
  // Training needs validation more than it needs a test.
  give("val", val);
  give("test", test);
  return parts;
}
