import { flagName } from "../learn/flag-name.js";
import { TrainingOptions } from "../learn/options.js";
import { defaultsOf, INHERITED } from "../learn/resolve-options.js";

/** The options of a stage of a training, as a manifest holds them, and the epoch whose weights went on. */
type Stage = Record<string, unknown> & { bestEpoch?: number };

/**
 * The commands that train a model again, one a stage: what differs from the defaults, and from the stage before where that
 * is taken over.
 */
export function trainingCommands(name: string, stages: readonly Stage[]): string {
  return stages.map((stage, i) => command(name, stage, i, stages[i - 1])).join("\n");
}

function command(name: string, stage: Stage, place: number, before?: Stage): string {
  const defaults: Record<string, unknown> = {
    ...TrainingOptions.parse({ dataset: "" }),
    ...defaultsOf(stage.objective),
  };
  const isTakenOver = (option: string) => (INHERITED as readonly string[]).includes(option);
  const options = Object.keys(TrainingOptions.shape).filter((option) => {
    if (stage[option] === undefined) return false;
    return stage[option] !== (before && isTakenOver(option) ? before[option] : defaults[option]);
  });
  const run = (number: number) => `runs/${name}-${number + 1}`;
  const flags = [
    `--out ${run(place)}`,
    ...(before ? [`--from ${run(place - 1)}`] : []),
    ...options.map((option) => `--${flagName(option)} ${stage[option]}`),
  ];
  const kept = stage.bestEpoch === undefined ? "" : `  # kept: epoch ${stage.bestEpoch}`;
  return `npx showtell train ${flags.join(" ")}${kept}`;
}
