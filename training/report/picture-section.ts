import type { Caption } from "../../runtime/node/index.js";
import type { MetricScores } from "../metrics/index.js";
import { tokenize } from "../text/index.js";
import type { RunCaptions } from "./caption-run.js";
import { choosePictures, type PictureGroup } from "./choose-pictures.js";
import { type AttentionSheet, attentionSheet, type Thumbnail, thumbnail } from "./picture-files.js";

/** What a run wrote about a picture. */
export interface PictureCaption {
  /** Place of the run among the report's. */
  run: number;
  sentence: string;
  /** Each with whether one of the references has it. */
  words: { text: string; known: boolean }[];
  scores: MetricScores;
  attention: AttentionSheet;
}

export interface Picture {
  image: string;
  group: PictureGroup;
  thumbnail: Thumbnail;
  references: string[];
  captions: PictureCaption[];
}

/** The pictures of runs that captioned the same images. */
export interface PictureSection {
  dataset: string;
  split: string;
  /** How many were captioned and scored. */
  images: number;
  runs: { run: number; beam: number; scores: MetricScores; perImage: number[] }[];
  pictures: Picture[];
  notes: string[];
}

/**
 * Chooses and draws the pictures of a report.
 * @param captioned by each run of the report; undefined for one that has no captions
 */
export async function pictureSections(
  captioned: readonly (RunCaptions | undefined)[],
  options: {
    pictures: number;
    split: string;
    onPictures?(done: number, total: number): void;
    signal?: AbortSignal;
  },
): Promise<PictureSection[]> {
  const groups = new Map<string, { run: number; captions: RunCaptions }[]>();
  for (const [run, captions] of captioned.entries()) {
    if (captions === undefined) continue;
    const key = JSON.stringify(captions.captions.map(({ image }) => [image.id, image.file]));
    groups.set(key, [...(groups.get(key) ?? []), { run, captions }]);
  }
  const sections: PictureSection[] = [];
  for (const runs of groups.values()) sections.push(await section(runs, options));
  return sections;
}

async function section(
  runs: { run: number; captions: RunCaptions }[],
  { pictures: count, split, onPictures, signal }: Parameters<typeof pictureSections>[1],
): Promise<PictureSection> {
  const [{ captions: first }] = runs;
  const scoresOf = ({ captions, scores }: RunCaptions) => captions.map(({ image }) => scores.perImage.get(image.id)!);
  const perImage = runs.map(({ captions }) => scoresOf(captions));
  const ciderD = perImage.map((ofRun) => ofRun.map((scores) => scores["CIDEr-D"]));
  const choices = choosePictures(ciderD, count);
  const pictures: Picture[] = [];
  for (const { image: index, group } of choices) {
    signal?.throwIfAborted();
    const { image } = first.captions[index];
    const known = new Set(image.captions.flatMap(tokenize));
    const captions = runs.map(async ({ run, captions }, i) => {
      const { caption } = captions.captions[index];
      const attention = await attentionSheet(image.file, caption, captions.preprocessing);
      return { run, ...written(caption, known), scores: perImage[i][index], attention };
    });
    pictures.push({
      image: image.id,
      group,
      thumbnail: await thumbnail(image.file, first.preprocessing),
      references: image.captions,
      captions: await Promise.all(captions),
    });
    onPictures?.(pictures.length, choices.length);
  }
  return {
    dataset: first.dataset,
    split,
    images: first.captions.length,
    runs: runs.map(({ run, captions: { beam, scores } }, i) => ({ run, beam, scores, perImage: ciderD[i] })),
    pictures,
    notes: notes(first),
  };
}

function written({ sentence, words }: Caption, known: ReadonlySet<string>) {
  return { sentence, words: words.map((text) => ({ text, known: known.has(text) })) };
}

function notes({ absent, failed }: RunCaptions): string[] {
  const notes: string[] = [];
  if (absent > 0) notes.push(`${absent} of the images that the run was scored on are not there any more.`);
  if (failed.length > 0) {
    const [{ code, message }] = failed;
    notes.push(`${failed.length} images cannot be read and are left out; the first: ${code}: ${message}`);
  }
  return notes;
}
