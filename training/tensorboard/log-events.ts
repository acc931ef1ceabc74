import type { LogEntry } from "../learn/log.js";
import type { Event } from "./event.js";

/** What a line of the log becomes in TensorBoard. */
export function logEvent(entry: LogEntry, wallTime: number): Event {
  return { kind: "summary", wallTime: entry.time ?? wallTime, step: entry.step, ...summary(entry) };
}

function summary(entry: LogEntry): { scalars: Record<string, number>; texts: Record<string, string> } {
  if (entry.kind === "epoch") {
    const scores = Object.entries(entry.scores).map(([name, value]) => [`validation/${name}`, value]);
    return {
      scalars: { ...Object.fromEntries(scores), "validation/epoch": entry.epoch + 1 },
      texts: { "validation/captions": table(entry.samples) },
    };
  }
  const { loss, crossEntropy, learningRate, gradientNorm, secondsPerStep, reward } = entry;
  const learnt: Record<string, number> =
    reward === undefined ? { "train/cross_entropy": crossEntropy } : { "train/reward": reward };
  return {
    scalars: {
      "train/loss": loss,
      ...learnt,
      "train/learning_rate": learningRate,
      "train/gradient_norm": gradientNorm,
      "train/seconds_per_step": secondsPerStep,
    },
    texts: {},
  };
}

/** A table in Markdown. */
function table(samples: { image: string; caption: string }[]): string {
  const cell = (text: string) => text.replace(/[\\`*_[\]|<>&]/g, "\\$&").replace(/\s+/g, " ");
  const rows = samples.map(({ image, caption }) => `| ${cell(image)} | ${cell(caption)} |`);
  return ["| image | caption |", "| --- | --- |", ...rows].join("\n");
}
