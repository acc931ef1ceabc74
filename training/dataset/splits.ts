import { uniform } from "../random/seeded.js";
import type { Split } from "./types.js";

export interface SplitShares {
  val: number;
  test: number;
}

/** The part an image falls in by its own id: it stays there when others are added or removed. */
export function splitById(id: string, seed: number, { val, test }: SplitShares): Split {
  const place = uniform(seed, "split", id)();
  if (place < test) return "test";
  return place < test + val ? "val" : "train";
}
