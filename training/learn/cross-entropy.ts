import type { CaptionBatch } from "../model/types.js";
import { layOutBatch, type TrainingImage } from "./batches.js";
import type { Objective, Plan } from "./objective.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { mixInputs } from "./scheduled-sampling.js";
import type { Teachers } from "./teachers.js";

type Options = Pick<
  TrainingOptions,
  "imagesPerBatch" | "captionsPerImage" | "maxLength" | "seed" | "labelSmoothing" | "scheduledSampling" | "teacherShare"
>;

/** Learns the next word of the data set's captions, and, where there are teachers, what they predict there. */
export class CrossEntropy implements Objective {
  readonly labelSmoothing: number;
  private readonly captioner;

  constructor(
    private readonly run: Pick<PreparedRun, "decoder" | "config"> & { trainImages: TrainingImage[] },
    private readonly options: Options,
    private readonly teachers?: Teachers,
  ) {
    this.labelSmoothing = options.labelSmoothing;
    const { decoder, config } = run;
    this.captioner = { decoder, config, specs: decoder.parameters(config) };
  }

  async batch({ indices, features, epoch, step, values, progress }: Plan): Promise<{ batch: CaptionBatch }> {
    const { options, run, teachers } = this;
    const truth = layOutBatch(run.trainImages, indices, features, epoch, options);
    const probability = options.scheduledSampling * progress;
    const batch =
      probability === 0
        ? truth
        : await mixInputs(this.captioner, values, truth, probability, { seed: options.seed, step });
    if (!teachers) return { batch };
    return { batch: { ...batch, soft: { probabilities: await teachers.predict(batch), share: options.teacherShare } } };
  }

  dispose(): void {
    this.teachers?.dispose();
  }
}
