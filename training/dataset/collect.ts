import { type ImageFolders, staysBelow } from "./image-folders.js";
import { Counter } from "./report.js";
import { type SplitShares, splitByIds } from "./splits.js";
import type { CaptionedImage, DatasetReport, Entry, Split } from "./types.js";

export interface CollectOptions {
  /** For splits that the data set does not give. */
  seed?: number;
  splits?: SplitShares;
  /** Whether an image must be there to count; true by default. Scoring needs the captions alone. */
  requireImages?: boolean;
}

type Collected = Pick<DatasetReport, "missing" | "uncaptioned" | "broken" | "splitsFrom" | "notes"> & {
  images: CaptionedImage[];
};

/** An image before its part is known. */
type Unsplit = Omit<CaptionedImage, "split"> & { split?: Split };

/** The usable images among a caption file's entries, and what is wrong with the others. */
export async function collect(
  entries: Entry[],
  faults: string[],
  folders: ImageFolders,
  options: CollectOptions,
): Promise<Collected> {
  const [missing, uncaptioned, broken, unlisted] = [new Counter(), new Counter(), new Counter(), new Counter()];
  for (const fault of faults) broken.add(fault);
  const splitsFrom = entries.some((entry) => entry.split) ? "file" : "seed";
  const images = new Map<string, Unsplit>();
  for (const { image, id = image, ...entry } of entries) {
    const file = staysBelow(image) ? await folders.find(image) : undefined;
    if (!staysBelow(image)) broken.add(`${image}: a path that leaves the images' folder`);
    else if (splitsFrom === "file" && !entry.split) unlisted.add(image);
    else if (entry.captions.length === 0) uncaptioned.add(image);
    else if (!file && options.requireImages !== false) missing.add(image);
    else if (images.has(id)) broken.add(`${id}: stands in the data set twice`);
    else images.set(id, { id, file: file ?? image, ...entry });
  }
  for (const name of await folders.unasked()) uncaptioned.add(name);
  const notes: string[] = [];
  if (unlisted.count > 0)
    notes.push(`left out: ${unlisted.count} captioned images that are in no part: ${unlisted.names(3)}`);
  return {
    images: withSplits([...images.values()], splitsFrom, options, notes),
    missing: missing.result(),
    uncaptioned: uncaptioned.result(),
    broken: broken.result(),
    splitsFrom,
    notes,
  };
}

/** Every image with its part: the file's, else made by seed; a validation part is made where the file has none. */
function withSplits(
  images: Unsplit[],
  splitsFrom: "file" | "seed",
  { seed = 1, splits = { val: 0.05, test: 0.05 } }: CollectOptions,
  notes: string[],
): CaptionedImage[] {
  const lacksVal = splitsFrom === "file" && !images.some(({ split }) => split === "val");
  const free = images.filter(({ split }) => !split || (lacksVal && split === "train"));
  const made = splitByIds(
    free.map(({ id }) => id),
    seed,
    { val: splits.val, test: splitsFrom === "seed" ? splits.test : 0 },
  );
  const taken = [...made.values()].filter((split) => split === "val").length;
  if (lacksVal && taken > 0)
    notes.push(`no validation part: ${taken} images of the training part serve as one (by seed)`);
  return images.map((image) => ({ ...image, split: made.get(image.id) ?? image.split! }));
}
