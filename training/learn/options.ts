import { createHash } from "node:crypto";
import * as z from "zod";

/** Everything that decides what a run learns. Stored in the run folder; a run is resumed with the same values. */
export const TrainingOptions = z.object({
  dataset: z.string().describe("data set: a folder or file in a known format, or `scenes`"),
  format: z.string().optional().describe("format of the data set, where it is not recognised"),
  images: z.string().optional().describe("folder of the images, where it is not beside the captions"),
  backbone: z.string().default("efficientnet-lite0").describe("backbone: a name, a model file or a model folder"),
  weights: z.string().optional().describe("file of the backbone's weights"),
  layer: z.string().optional().describe("layer of the backbone whose output carries the features"),
  normalize: z
    .enum(["-1..1", "0..1", "imagenet", "caffe", "127/128", "none"])
    .optional()
    .describe("pixel normalisation of a backbone of your own"),

  objective: z
    .enum(["cross-entropy", "self-critical"])
    .default("cross-entropy")
    .describe(
      "what is learnt: the next word of the captions, or to write captions of a high CIDEr-D (self-critical: with --from; rates, dropout, averaging and epochs then have other defaults)",
    ),
  sharpening: z
    .number()
    .positive()
    .default(2)
    .describe("factor of the logits at the start of self-critical training, against the mass that smoothing spread"),
  samplesPerImage: z.int().min(2).default(5).describe("captions drawn for each image by self-critical training"),
  bleuWeight: z
    .number()
    .min(0)
    .default(0)
    .describe("weight of BLEU-4 (0 to 1) beside CIDEr-D (0 to 10) in the reward of self-critical training"),
  from: z
    .string()
    .optional()
    .describe("run whose best weights, vocabulary, data set, backbone and sizes this one starts from"),
  teacher: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      "runs whose predictions are learnt too, several as an ensemble, in cross-entropy; vocabulary, data set and backbone are the first one's",
    ),
  teacherShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("share of the teachers' predictions in what is learnt; the rest is the true word's"),
  fineTune: z
    .string()
    .optional()
    .describe(
      "train the backbone too, from this layer on, or `all` of it (with --from or --teacher; batch norm stays as it is)",
    ),
  backboneLearningRate: z
    .number()
    .min(0)
    .default(3e-5)
    .describe("highest learning rate of the backbone; 0 for a student whose --fine-tune comes from its teacher"),
  augment: z
    .enum(["none", "mirror"])
    .default("none")
    .describe("mirror: show half of the images mirrored, but none whose captions tell left from right"),
  epochs: z.int().min(1).default(10).describe("most passes over the training images"),
  patience: z.int().min(1).default(4).describe("epochs without a better CIDEr-D before the run stops"),
  imagesPerBatch: z.int().min(1).default(16).describe("images a step"),
  captionsPerImage: z.int().min(1).default(5).describe("captions of each image a step"),
  maxLength: z.int().min(1).default(20).describe("words of a caption that are learnt and written"),
  minimumCount: z.int().min(1).default(5).describe("occurrences that bring a word into the vocabulary"),
  limit: z.int().min(1).optional().describe("use only this many training images"),
  validationLimit: z.int().min(1).optional().describe("use only this many validation images"),

  decoder: z
    .string()
    .default("soft-attention")
    .describe("decoder: soft-attention, adaptive (with a sentinel) or top-down (two LSTMs)"),
  featureSize: z
    .int()
    .min(0)
    .default(0)
    .describe("size of an embedded feature; 0: the backbone's as they are, or what the decoder needs"),
  attentionSize: z.int().min(1).default(512).describe("size of the attention layer"),
  embeddingSize: z.int().min(1).default(512).describe("size of a word embedding"),
  hiddenSize: z.int().min(1).default(512).describe("size of an LSTM"),

  learningRate: z.number().positive().default(5e-4).describe("highest learning rate of Adam"),
  schedule: z.string().default("cosine").describe("course of the learning rate: cosine, linear, constant"),
  warmupSteps: z.int().min(0).default(100).describe("steps over which the learning rate rises"),
  clipNorm: z.number().positive().default(5).describe("largest norm of the gradients"),
  labelSmoothing: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.1)
    .describe("probability spread over all words, in cross-entropy"),
  attentionWeight: z.number().min(0).default(0.5).describe("weight of the doubly stochastic regulariser"),
  featureDropout: z.number().min(0).max(0.9).default(0).describe("dropout on the features"),
  stateDropout: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.5)
    .describe("dropout on the state before the deep output of soft attention"),
  outputDropout: z.number().min(0).max(0.9).default(0.5).describe("dropout before the vocabulary"),
  scheduledSampling: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("probability, reached at the end, of reading a word of the model's own while learning, in cross-entropy"),
  accumulate: z.int().min(1).default(1).describe("parts in which a step is computed, one after the other: less memory"),
  averageDecay: z.number().min(0).max(1).default(0.998).describe("decay of the moving average of the weights"),
  seed: z.int().default(1).describe("seed of every random choice"),

  validationBeam: z.int().min(1).default(3).describe("beam width of the captions that are scored"),
  lengthExponent: z.number().min(0).default(0.7).describe("length normalisation of the beam search"),
});

export type TrainingOptions = z.infer<typeof TrainingOptions>;

/**
 * A short fingerprint of what must not change within a run: the options that differ from their defaults, so that a run goes on
 * where later versions know more options.
 */
export function optionsFingerprint(options: TrainingOptions): string {
  const { epochs: _epochs, patience: _patience, ...fixed } = options;
  const defaults: Record<string, unknown> = TrainingOptions.parse({ dataset: "" });
  const chosen = Object.entries(fixed).filter(([name, value]) => value !== defaults[name]);
  const sorted = Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}
