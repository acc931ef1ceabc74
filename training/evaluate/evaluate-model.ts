import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "../../files/atomic.js";
import { type Manifest, parseManifest } from "../../runtime/core/index.js";
import { loadCaptioner } from "../../runtime/node/index.js";
import { openDataset } from "../dataset/index.js";
import { modelCard } from "../export/index.js";
import { type CaptionedImages, captionImages, imagesOfSplit } from "./caption-images.js";

export interface EvaluateOptions {
  dataset: string;
  format?: string;
  images?: string;
  /** `train`, `val` (also called `dev`) or `test`. */
  split: string;
  beam?: number;
  precision?: string;
  threads?: number;
  /** Evaluate only this many images. Scores of a part do not compare with those of the whole. */
  limit?: number;
  /** Pictures of the embedded data set that are drawn. */
  onPictures?(done: number, total: number): void;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}

export interface Evaluation {
  dataset: string;
  split: string;
  images: number;
  precision: "fp32" | "fp16" | "int8";
  beam: number;
  scores: Record<string, number>;
  seconds: number;
  predictions: { image: string; caption: string }[];
  failed: CaptionedImages["failed"];
}

/**
 * Captions every image of a split with the model as a user would, and scores what it wrote.
 * @throws ShowtellError DATASET_EMPTY, and as openDataset and loadCaptioner; the signal's reason
 */
export async function evaluateModel(model: string, options: EvaluateOptions): Promise<Evaluation> {
  const dataset = await openDataset(options.dataset, {
    format: options.format,
    images: options.images,
    onProgress: options.onPictures,
    signal: options.signal,
  });
  const images = imagesOfSplit(dataset, options.split, options.limit);
  const captioner = await loadCaptioner(model, { precision: options.precision as "fp32", threads: options.threads });
  try {
    const started = performance.now();
    const beam = options.beam ?? captioner.manifest.decoding.beam;
    const { onProgress, signal } = options;
    const { captions, failed, scores } = await captionImages(captioner, images, { beam, onProgress, signal });
    const { perImage: _perImage, ...totals } = scores as Record<string, unknown>;
    return {
      dataset: dataset.name,
      split: options.split,
      images: captions.length,
      precision: captioner.precision,
      beam,
      scores: totals as Record<string, number>,
      seconds: (performance.now() - started) / 1000,
      predictions: captions.map(({ image, caption }) => ({ image: image.id, caption: caption.caption })),
      failed,
    };
  } finally {
    await captioner.close();
  }
}

/** Notes an evaluation in the model's manifest and card, in the place of one of the same data, precision and beam. */
export async function recordEvaluation(model: string, evaluation: Evaluation): Promise<void> {
  const path = join(model, "model.json");
  const manifest: Manifest = parseManifest(await readFile(path, "utf8"));
  const { dataset, split, images, precision, beam, scores } = evaluation;
  const same = (entry: Manifest["evaluation"][number]) =>
    entry.dataset === dataset && entry.split === split && entry.precision === precision && entry.beam === beam;
  const kept = manifest.evaluation.filter((entry) => !same(entry));
  const updated = { ...manifest, evaluation: [...kept, { dataset, split, images, precision, beam, scores }] };
  await writeFileAtomic(path, `${JSON.stringify(updated, null, 2)}\n`);
  await writeFileAtomic(join(model, "README.md"), modelCard(updated));
}
