import { readFile } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import type { Backbone, Trunk } from "../backbone/index.js";
import { type CaptionedImage, type Dataset, openDataset } from "../dataset/index.js";
import { extractFeatures, type FeatureStore } from "../features/index.js";
import { decoderByName } from "../model/registry.js";
import type { CaptionerConfig, Decoder } from "../model/types.js";
import { fromTokenizerJson, tokenize, toTokenizerJson, Vocabulary } from "../text/index.js";
import { tellsSides } from "./batch-features.js";
import type { TrainingImage } from "./batches.js";
import { openModel } from "./open-model.js";
import type { TrainingOptions } from "./options.js";
import { RunFolder } from "./run-folder.js";
import type { TrainingEvents } from "./train.js";
import type { ValidationImage } from "./validate.js";

/** All that the training loop works on. */
export interface PreparedRun {
  dataset: Dataset;
  backbone: Backbone;
  vocabulary: Vocabulary;
  store: FeatureStore;
  /** Features of the mirrored training images, where training shows them. */
  mirrored?: FeatureStore;
  decoder: Decoder;
  /** The part of the backbone that is trained. */
  trunk?: Trunk;
  config: CaptionerConfig;
  trainImages: (TrainingImage & { id: string })[];
  validationImages: ValidationImage[];
}

/**
 * Reads the data set, builds the vocabulary (or reads the run's own) and computes the features of all images once.
 * @throws ShowtellError DATASET_EMPTY where no training image is left, RUN_INVALID where `from` is no run, USAGE for sizes
 * that the decoder cannot have
 */
export async function prepareRun(
  folder: RunFolder,
  options: TrainingOptions,
  events: TrainingEvents,
): Promise<PreparedRun> {
  const featureSize = decoderByName(options.decoder).featureSize?.(options) ?? options.featureSize;
  const dataset = await openDataset(options.dataset, {
    format: options.format,
    images: options.images,
    seed: options.seed,
    onProgress: events.onPictures,
    signal: events.signal,
  });
  events.onDataset?.(dataset);
  const part = (split: CaptionedImage["split"], limit = Number.POSITIVE_INFINITY) =>
    dataset.images.filter((image) => image.split === split && image.captions.length > 0).slice(0, limit);
  const train = part("train", options.limit);
  const validation = part("val", options.validationLimit);
  if (train.length === 0)
    throw new ShowtellError("DATASET_EMPTY", `${options.dataset} has no captioned training image.`);

  const words = new Map([...train, ...validation].map((image) => [image.id, image.captions.map(tokenize)]));
  const source = options.from ?? options.teacher?.[0];
  const known = folder.exists() ? folder : source === undefined ? undefined : new RunFolder(source);
  await known?.readDescription();
  const vocabulary = known
    ? fromTokenizerJson(await readFile(known.tokenizer(), "utf8"))
    : Vocabulary.build(
        train.flatMap((image) => words.get(image.id)!),
        { minimumCount: options.minimumCount },
      );
  if (!folder.exists()) await writeFileAtomic(folder.tokenizer(), toTokenizerJson(vocabulary));

  const { backbone, lower, trunk, decoder } = await openModel(options, {
    onWeights: events.onWeights,
    signal: events.signal,
  });
  const extraction = { cacheDir: events.cacheDir, onProgress: events.onFeatures, signal: events.signal };
  const store = await extractFeatures(lower, [...train, ...validation], extraction);
  const { unreadable } = store;
  if (unreadable.length > 0) events.onUnreadable?.(unreadable);
  await writeFileAtomic(folder.datasetReport(), `${JSON.stringify({ ...dataset.report, unreadable }, null, 2)}\n`);
  const readable = ({ id }: CaptionedImage) => store.has(id);
  const turnable =
    options.augment === "mirror" ? train.filter(readable).filter(({ id }) => !tellsSides(words.get(id)!)) : [];
  const mirrored =
    turnable.length > 0 ? await extractFeatures(lower, turnable, { ...extraction, mirrored: true }) : undefined;
  const trainImages = train.filter(readable).map((image) => ({
    id: image.id,
    feature: store.indexOf(image.id),
    ...(mirrored?.has(image.id) && { mirrored: mirrored.indexOf(image.id) }),
    captions: words.get(image.id)!.map((caption) => vocabulary.encode(caption)),
  }));
  const validationImages = validation.filter(readable).map((image) => ({
    id: image.id,
    feature: store.indexOf(image.id),
    references: words.get(image.id)!,
  }));
  if (trainImages.length === 0) throw new ShowtellError("DATASET_EMPTY", "None of the training images can be read.");
  const config: CaptionerConfig = {
    decoder: options.decoder,
    locations: backbone.grid[0] * backbone.grid[1],
    channels: backbone.channels,
    featureSize: featureSize || backbone.channels,
    featureEmbedding: featureSize > 0,
    attentionSize: options.attentionSize,
    embeddingSize: options.embeddingSize,
    hiddenSize: options.hiddenSize,
    vocabularySize: vocabulary.size,
    ...(trunk && { trunk: { stage: trunk.stage, ...trunk.input } }),
  };
  return { dataset, backbone, vocabulary, store, mirrored, decoder, trunk, config, trainImages, validationImages };
}
