import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Preprocessing } from "../../runtime/core/index.js";
import { loadCaptioner } from "../../runtime/node/index.js";
import { openDataset } from "../dataset/index.js";
import { type CaptionedImages, captionImages, imagesOfSplit } from "../evaluate/index.js";
import { exportRun } from "../export/index.js";
import type { RunRecord } from "./run-record.js";

export interface CaptionRunOptions {
  /** Data set, its format and its images' folder, where they are not those of the run. */
  dataset?: string;
  format?: string;
  images?: string;
  split: string;
  beam?: number;
  /** Only the first images of the split. */
  limit?: number;
  onStage?(stage: string): void;
  /** Pictures of the embedded data set that are drawn. */
  onPictures?(done: number, total: number): void;
  onCaptions?(done: number, total: number): void;
  signal?: AbortSignal;
}

/** A split, captioned by a run's best weights. */
export interface RunCaptions extends CaptionedImages {
  dataset: string;
  beam: number;
  preprocessing: Preprocessing;
  /** Images of the split that the run was scored on and that are not there now. */
  absent: number;
}

/**
 * Captions a split with a run's best weights as a user of the exported model would get it: through a model folder that
 * exists for the time being.
 *
 * @throws ShowtellError as openDataset, exportRun and captionImages; the signal's reason
 */
export async function captionRun(run: RunRecord, options: CaptionRunOptions): Promise<RunCaptions> {
  const { signal } = options;
  const own = run.description.options;
  const moved = options.dataset !== undefined;
  const dataset = await openDataset(options.dataset ?? own.dataset, {
    format: options.format ?? (moved ? undefined : own.format),
    images: options.images ?? (moved ? undefined : own.images),
    seed: own.seed,
    onProgress: options.onPictures,
    signal,
  });
  const validation = options.split === "dev" || options.split === "val";
  const images = imagesOfSplit(dataset, options.split, options.limit ?? (validation ? own.validationLimit : undefined));
  const temporary = await mkdtemp(join(tmpdir(), "showtell-report-"));
  try {
    const model = join(temporary, "model");
    await exportRun(run.path, model, { precisions: ["fp32"], onStage: options.onStage, signal });
    const captioner = await loadCaptioner(model);
    try {
      const { decoding, preprocessing } = captioner.manifest;
      const beam = options.beam ?? decoding.beam;
      const captioned = await captionImages(captioner, images, { beam, onProgress: options.onCaptions, signal });
      const scored = validation && options.limit === undefined ? run.description.dataset.validationImages : 0;
      const absent = Math.max(0, scored - images.length);
      return { ...captioned, dataset: dataset.name, beam, preprocessing, absent };
    } finally {
      await captioner.close();
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
