import type { RunRecord } from "./run-record.js";

export interface OptionRow {
  name: string;
  /** One for each run; empty where a run has no such option. */
  values: string[];
  differs: boolean;
}

/** All options of the runs side by side, with what else decides what a run learns. */
export function compareOptions(runs: readonly RunRecord[]): OptionRow[] {
  const columns = runs.map(({ description }) => {
    const { options, engine, dataset, backbone } = description;
    return new Map<string, unknown>([
      ...Object.entries(options),
      ["training images", dataset.trainImages],
      ["training captions", dataset.captions],
      ["vocabulary", description.captioner.vocabularySize],
      ["backbone layer", backbone.layer],
      ["engine", engine],
    ]);
  });
  const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
  return names.map((name) => {
    const values = columns.map((column) => String(column.get(name) ?? ""));
    return { name, values, differs: values.some((value) => value !== values[0]) };
  });
}
