import { uniform } from "../random/seeded.js";
import type { TrainingImage } from "./batches.js";
import type { PreparedRun } from "./prepare.js";

/**
 * What the captioner reads for some training images in an epoch: of those that may be mirrored, every second one is, at
 * random, another time in each epoch.
 *
 * @returns [N, L, D]
 */
export async function readFeatures(
  { store, mirrored, trainImages }: Pick<PreparedRun, "store" | "mirrored"> & { trainImages: TrainingImage[] },
  indices: number[],
  epoch: number,
  seed: number,
): Promise<Float32Array> {
  if (!mirrored) return store.read(indices.map((index) => trainImages[index].feature));
  const turned = indices.map((index) => uniform(seed, "mirror", epoch, index)() < 0.5);
  const places = indices.map((index, n) => (turned[n] ? trainImages[index].mirrored : undefined));
  const size = store.locations * store.channels;
  const features = new Float32Array(indices.length * size);
  const fill = (part: Float32Array, rows: number[]) => {
    for (const [i, n] of rows.entries()) features.set(part.subarray(i * size, (i + 1) * size), n * size);
  };
  const rows = [...indices.keys()];
  const [upright, reversed] = [
    rows.filter((n) => places[n] === undefined),
    rows.filter((n) => places[n] !== undefined),
  ];
  fill(await store.read(upright.map((n) => trainImages[indices[n]].feature)), upright);
  fill(await mirrored.read(reversed.map((n) => places[n]!)), reversed);
  return features;
}

/** Whether captions tell left from right: their image must not be mirrored. */
export function tellsSides(captions: readonly (readonly string[])[]): boolean {
  return captions.some((caption) => caption.includes("left") || caption.includes("right"));
}
