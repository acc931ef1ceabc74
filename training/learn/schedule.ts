import { ShowtellError } from "../../errors/index.js";

/** Share of the base learning rate at a point of the training; `progress` runs from 0 to 1 over all epochs. */
type Shape = (progress: number) => number;

const shapes: Record<string, Shape> = {
  constant: () => 1,
  /** Loshchilov and Hutter 2017, eq. 5, one cycle, down to a fiftieth. */
  cosine: (progress) => 0.02 + 0.98 * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress))),
  linear: (progress) => Math.max(0.02, 1 - progress),
};

export const scheduleNames = Object.keys(shapes);

export interface Schedule {
  name: string;
  learningRate: number;
  /** Steps over which the rate rises from 0. */
  warmupSteps: number;
  totalSteps: number;
}

/** Learning rate of a step, counted from 0. */
export function learningRateAt(schedule: Schedule, step: number): number {
  const shape = shapes[schedule.name];
  if (!shape) throw new ShowtellError("USAGE", `No schedule "${schedule.name}": ${scheduleNames.join(", ")}.`);
  const warmup = Math.min(1, (step + 1) / Math.max(1, schedule.warmupSteps));
  return schedule.learningRate * warmup * shape(step / Math.max(1, schedule.totalSteps));
}
