import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import { type Manifest, parseManifest } from "../../runtime/core/index.js";
import { loadCaptioner } from "../../runtime/node/index.js";
import { openDataset } from "../dataset/index.js";
import { modelCard } from "../export/index.js";
import { scoreCaptions } from "../metrics/index.js";
import { tokenize } from "../text/index.js";

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
  failed: { image: string; code: string; message: string }[];
}

/**
 * Captions every image of a split with the model as a user would, and scores what it wrote.
 * @throws ShowtellError DATASET_EMPTY, and as openDataset and loadCaptioner; the signal's reason
 */
export async function evaluateModel(model: string, options: EvaluateOptions): Promise<Evaluation> {
  const split = options.split === "dev" ? "val" : options.split;
  const dataset = await openDataset(options.dataset, {
    format: options.format,
    images: options.images,
    onProgress: options.onPictures,
    signal: options.signal,
  });
  const images = dataset.images
    .filter((image) => image.split === split && image.captions.length > 0)
    .slice(0, options.limit ?? Number.POSITIVE_INFINITY);
  if (images.length === 0) {
    throw new ShowtellError(
      "DATASET_EMPTY",
      `${options.dataset} has no image with captions in its split "${options.split}".`,
    );
  }
  const captioner = await loadCaptioner(model, { precision: options.precision as "fp32", threads: options.threads });
  try {
    const started = performance.now();
    const predictions: Evaluation["predictions"] = [];
    const failed: Evaluation["failed"] = [];
    const beam = options.beam ?? captioner.manifest.decoding.beam;
    let index = 0;
    for await (const result of captioner.captionMany(
      images.map((image) => image.file),
      { beam, signal: options.signal },
    )) {
      const { id } = images[index++];
      if ("error" in result) failed.push({ image: id, code: result.error.code, message: result.error.message });
      else predictions.push({ image: id, caption: result.caption });
      options.onProgress?.(index, images.length);
    }
    if (predictions.length === 0) {
      const [{ image, message }] = failed;
      throw new ShowtellError(
        "DATASET_EMPTY",
        `None of the ${failed.length} images can be read (first: ${image}: ${message})`,
      );
    }
    const scored = new Set(predictions.map(({ image }) => image));
    const { perImage: _perImage, ...scores } = scoreCaptions(
      new Map(predictions.map(({ image, caption }) => [image, tokenize(caption)])),
      new Map(images.filter(({ id }) => scored.has(id)).map(({ id, captions }) => [id, captions.map(tokenize)])),
    ) as Record<string, unknown>;
    return {
      dataset: dataset.name,
      split: options.split,
      images: predictions.length,
      precision: captioner.precision,
      beam,
      scores: scores as Record<string, number>,
      seconds: (performance.now() - started) / 1000,
      predictions,
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
