import { type ErrorCode, ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import { startEngine } from "../engine/index.js";
import { type CaptionRunOptions, captionRun, type RunCaptions } from "./caption-run.js";
import { renderPage } from "./page/page.js";
import { pictureSections } from "./picture-section.js";
import { type RunRecord, readRuns } from "./run-record.js";

export interface ReportOptions extends Omit<CaptionRunOptions, "onStage" | "onCaptions"> {
  /** How many pictures of a data set are shown; 0 for none. */
  pictures: number;
  /** TensorFlow.js engine that the exported graphs are compared with. */
  engine?: Parameters<typeof startEngine>[0];
  onStage?(run: string, stage: string): void;
  onCaptions?(run: string, done: number, total: number): void;
  onDrawn?(done: number, total: number): void;
  /** Why a run has no pictures. */
  onNote?(note: string): void;
}

/** What a report says in numbers. */
export interface ReportResult {
  bytes: number;
  runs: {
    run: string;
    name: string;
    epochs: number;
    steps: number;
    /** Scores as logged after the best epoch. */
    best?: { epoch: number; scores: Record<string, number> };
    /** Scores of the best weights' captions, written anew for the report. */
    captions?: { dataset: string; split: string; images: number; beam: number; scores: Record<string, number> };
  }[];
  notes: string[];
}

/** What keeps a run from being captioned here and now, and not from being reported. */
const UNAVAILABLE: readonly ErrorCode[] = [
  "BACKBONE_LAYER",
  "BACKBONE_UNKNOWN",
  "CHECKPOINT_INVALID",
  "DATASET_EMPTY",
  "DATASET_FORMAT",
  "FILE_NOT_FOUND",
  "RUN_INVALID",
  "WEIGHTS_INVALID",
  "WEIGHTS_NOT_FOUND",
];

/**
 * Writes a report of runs, finished or under way, as one HTML file. A run that cannot be captioned (no epoch finished,
 * data set or backbone not there) has its curves all the same, and the report says what is missing.
 *
 * @throws ShowtellError RUN_INVALID where a folder is no run or is damaged, DISK_FULL, as openDataset where `dataset` was
 * given; the signal's reason
 */
export async function writeReport(paths: string[], out: string, options: ReportOptions): Promise<ReportResult> {
  const runs = await readRuns(paths);
  const notes: string[] = [];
  const captioned = options.pictures > 0 ? await captionRuns(runs, options, notes) : [];
  const { pictures, split, signal } = options;
  const sections = await pictureSections(captioned, { pictures, split, onPictures: options.onDrawn, signal });
  const page = renderPage({ runs, sections, notes, written: new Date() });
  signal?.throwIfAborted();
  await writeFileAtomic(out, page);
  return { bytes: Buffer.byteLength(page), runs: runs.map((run, i) => figures(run, split, captioned[i])), notes };
}

async function captionRuns(
  runs: RunRecord[],
  options: ReportOptions,
  notes: string[],
): Promise<(RunCaptions | undefined)[]> {
  const captioned: (RunCaptions | undefined)[] = [];
  const note = (text: string) => {
    notes.push(text);
    options.onNote?.(text);
    captioned.push(undefined);
  };
  if (runs.some(({ hasWeights }) => hasWeights)) await startEngine(options.engine ?? "auto");
  for (const run of runs) {
    if (!run.hasWeights) {
      note(`${run.name} has no pictures: no epoch of it is finished yet.`);
      continue;
    }
    try {
      captioned.push(
        await captionRun(run, {
          ...options,
          onStage: (stage) => options.onStage?.(run.name, stage),
          onCaptions: (done, total) => options.onCaptions?.(run.name, done, total),
        }),
      );
    } catch (error) {
      const known = error instanceof ShowtellError && UNAVAILABLE.includes(error.code);
      if (!known || options.dataset !== undefined) throw error;
      note(`${run.name} has no pictures. ${error.code}: ${error.message}`);
    }
  }
  return captioned;
}

function figures(run: RunRecord, split: string, captioned?: RunCaptions): ReportResult["runs"][number] {
  const { name, path, epochs, steps, best } = run;
  const last = Math.max(steps.at(-1)?.step ?? 0, epochs.at(-1)?.step ?? 0);
  const result = { run: path, name, epochs: epochs.length, steps: last };
  const logged = best && { best: { epoch: best.epoch + 1, scores: best.scores } };
  if (!captioned) return { ...result, ...logged };
  const { dataset, beam, captions } = captioned;
  const { perImage: _perImage, ...scores } = captioned.scores as Record<string, unknown>;
  const measured = { dataset, split, images: captions.length, beam, scores: scores as Record<string, number> };
  return { ...result, ...logged, captions: measured };
}
