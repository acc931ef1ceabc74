import { existsSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type EpochEntry, readLog, type StepEntry } from "../learn/log.js";
import { type RunDescription, RunFolder } from "../learn/run-folder.js";

/** What a run's folder tells about it. */
export interface RunRecord {
  /** Short, and unlike those of the other runs. */
  name: string;
  path: string;
  description: RunDescription;
  steps: StepEntry[];
  epochs: EpochEntry[];
  /** The epoch whose weights are kept: of the highest CIDEr-D, the first of equals. */
  best?: EpochEntry;
  /** Whether there are weights to export. */
  hasWeights: boolean;
}

/**
 * Reads runs, finished or under way.
 * @throws ShowtellError RUN_INVALID where a folder is no run, or its description or its log is damaged
 */
export async function readRuns(paths: readonly string[]): Promise<RunRecord[]> {
  const names = runNames(paths);
  return Promise.all(paths.map((path, i) => readRun(path, names[i])));
}

async function readRun(path: string, name: string): Promise<RunRecord> {
  const folder = new RunFolder(path);
  const description = await folder.readDescription();
  const entries = existsSync(folder.log()) ? await readLog(folder.log()) : [];
  const epochs = entries.filter((entry) => entry.kind === "epoch");
  return {
    name,
    path,
    description,
    steps: entries.filter((entry) => entry.kind === "step"),
    epochs,
    best: epochs.toSorted((a, b) => b.scores["CIDEr-D"] - a.scores["CIDEr-D"])[0],
    hasWeights: existsSync(folder.best()),
  };
}

/** Names of folders: their own, with as many of the folders above as tell them apart. */
export function runNames(paths: readonly string[]): string[] {
  const full = paths.map((path) => resolve(path));
  return full.map((path) => {
    let [name, above] = [basename(path), dirname(path)];
    while (above !== dirname(above) && full.some((other) => other !== path && other.endsWith(`/${name}`))) {
      name = `${basename(above)}/${name}`;
      above = dirname(above);
    }
    return name;
  });
}
