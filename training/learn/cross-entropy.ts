import type { CaptionBatch } from "../model/types.js";
import { layOutBatch, type TrainingImage } from "./batches.js";
import type { Objective, Plan } from "./objective.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { mixInputs } from "./scheduled-sampling.js";

/** Learns the next word of the data set's captions. */
export class CrossEntropy implements Objective {
  readonly labelSmoothing: number;
  private readonly captioner;

  constructor(
    private readonly run: Pick<PreparedRun, "decoder" | "config"> & { trainImages: TrainingImage[] },
    private readonly options: Pick<
      TrainingOptions,
      "imagesPerBatch" | "captionsPerImage" | "maxLength" | "seed" | "labelSmoothing" | "scheduledSampling"
    >,
  ) {
    this.labelSmoothing = options.labelSmoothing;
    const { decoder, config } = run;
    this.captioner = { decoder, config, specs: decoder.parameters(config) };
  }

  async batch({ indices, features, epoch, step, values, progress }: Plan): Promise<{ batch: CaptionBatch }> {
    const { options, run } = this;
    const batch = layOutBatch(run.trainImages, indices, features, epoch, options);
    const probability = options.scheduledSampling * progress;
    if (probability === 0) return { batch };
    return { batch: await mixInputs(this.captioner, values, batch, probability, { seed: options.seed, step }) };
  }

  dispose(): void {}
}
