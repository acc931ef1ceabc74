import type { CaptionBatch, ParameterValues } from "../model/types.js";
import { CrossEntropy } from "./cross-entropy.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { SelfCritical } from "./self-critical.js";
import { Teachers } from "./teachers.js";

export interface Plan {
  /** Places of the batch's images among the training images. */
  indices: number[];
  /** [N, L, D] */
  features: Float32Array;
  epoch: number;
  /** Numbers the batch: with the seed it fixes what is drawn. */
  step: number;
  /** How much of the training is done, from 0 to 1. */
  progress: number;
  /** The weights as they stand. */
  values: ParameterValues;
}

/** What a training step learns from. */
export interface Objective {
  batch(plan: Plan): Promise<{ batch: CaptionBatch; reward?: number }>;
  /** Smoothing of the targets; an objective may know better than the option. */
  labelSmoothing: number;
  /** Words that are never written, where probabilities are to be those of what is. */
  forbidden?: readonly number[];
  dispose(): void;
}

/**
 * Opens the objective that the options name.
 * @throws ShowtellError as Teachers.open
 */
export async function openObjective(run: PreparedRun, options: TrainingOptions): Promise<Objective> {
  if (options.objective === "self-critical") return new SelfCritical(run, options);
  return new CrossEntropy(run, options, options.teacher && (await Teachers.open(options.teacher, run)));
}
