import { resolve } from "node:path";
import { readProgress } from "../learn/checkpoint.js";
import { type RunDescription, RunFolder } from "../learn/run-folder.js";

/** One of the trainings that made a model. */
export interface Stage {
  run: RunDescription;
  /** Whose weights went on; from 1. */
  bestEpoch: number;
  /** Number, from 1, of the stage from which it started. */
  from?: number;
  /** Numbers of the stages whose predictions it learnt. */
  teachers?: number[];
}

/**
 * The trainings that made runs, each after those from which it started or learnt.
 * @returns them, and the number of each run among them, from 1
 * @throws ShowtellError RUN_INVALID, CHECKPOINT_INVALID
 */
export async function stagesOf(runs: readonly string[]): Promise<{ stages: Stage[]; runs: number[] }> {
  const stages: Stage[] = [];
  const numbers = new Map<string, number>();
  const visit = async (path: string): Promise<number> => {
    const known = numbers.get(resolve(path));
    if (known !== undefined) return known;
    const folder = new RunFolder(path);
    const run = await folder.readDescription();
    const { from, teacher } = run.options;
    const start = from === undefined ? undefined : await visit(from);
    const teachers: number[] = [];
    for (const one of teacher ?? []) teachers.push(await visit(one));
    const { bestEpoch } = await readProgress(folder.best());
    const number = stages.push({ run, bestEpoch: bestEpoch + 1, from: start, ...(teacher && { teachers }) });
    numbers.set(resolve(path), number);
    return number;
  };
  const last: number[] = [];
  for (const path of runs) last.push(await visit(path));
  return { stages, runs: last };
}

/** What a stage was trained with, as a manifest holds it: other stages by their numbers, and no path of the machine. */
export function stageRecord({ run, bestEpoch, from, teachers }: Stage): Record<string, unknown> {
  const { from: _from, teacher: _teacher, images: _images, weights: _weights, ...own } = run.options;
  const { dataset, backbone } = run;
  return { ...own, dataset: dataset.name, backbone: backbone.name, bestEpoch, from, teacher: teachers };
}
