import { flagName } from "../learn/flag-name.js";
import { TrainingOptions } from "../learn/options.js";
import { defaultsOf, INHERITED, TAUGHT } from "../learn/resolve-options.js";

/**
 * The options of a stage of a training, as a manifest holds them; `bestEpoch`, whose weights went on; numbers of the stages
 * from which it started (`from`) and learnt (`teacher`). Without any numbers, as in older manifests, each started from the
 * one before.
 */
type Stage = Record<string, unknown>;

/**
 * The commands that train a model again, one a stage: what differs from the defaults, and from the stage on which it builds
 * where that is taken over.
 */
export function trainingCommands(name: string, stages: readonly Stage[]): string {
  const numbered = stages.some(({ from, teacher }) => from !== undefined || teacher !== undefined);
  const linked = numbered ? stages : stages.map((stage, i) => ({ ...stage, from: i === 0 ? undefined : i }));
  return linked.map((stage, i) => command(name, stage, i + 1, linked)).join("\n");
}

function command(name: string, stage: Stage, number: number, stages: readonly Stage[]): string {
  const { from, teacher, bestEpoch } = stage as { from?: number; teacher?: number[]; bestEpoch?: number };
  const defaults: Record<string, unknown> = { ...TrainingOptions.parse({ dataset: "" }), ...defaultsOf(stage) };
  const source = stages[(from ?? teacher?.[0] ?? 0) - 1];
  const takenOver: readonly string[] = source ? (from === undefined ? TAUGHT : INHERITED) : [];
  const options = Object.keys(TrainingOptions.shape).filter((option) => {
    if (stage[option] === undefined || option === "from" || option === "teacher") return false;
    return stage[option] !== (takenOver.includes(option) ? source?.[option] : defaults[option]);
  });
  const run = (of: number) => `runs/${name}-${of}`;
  const flags = [
    `--out ${run(number)}`,
    ...(from === undefined ? [] : [`--from ${run(from)}`]),
    ...(teacher === undefined ? [] : [`--teacher ${teacher.map(run).join(" ")}`]),
    ...options.map((option) => `--${flagName(option)} ${stage[option]}`),
  ];
  const kept = bestEpoch === undefined ? "" : `  # kept: epoch ${bestEpoch}`;
  return `npx showtell train ${flags.join(" ")}${kept}`;
}
