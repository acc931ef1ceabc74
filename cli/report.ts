import type { Command } from "commander";
import type { ReportOptions } from "../training/report/index.js";
import { toCount } from "./arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";

interface ReportFlags
  extends Pick<ReportOptions, "dataset" | "format" | "images" | "split" | "beam" | "limit" | "engine"> {
  out: string;
  pictures: number | false;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("report")
    .description("write one HTML file about runs: curves, scores, and pictures with captions, the worst first")
    .argument("<run...>", "folders of runs, finished or under way")
    .requiredOption("--out <file>", "HTML file to write")
    .option("--pictures <n>", "pictures to show", toCount, 60)
    .option("--no-pictures", "curves, scores and options alone: captions nothing")
    .option("--split <name>", "part of the data set that is captioned: train, val (or dev), test", "dev")
    .option("--dataset <path>", "data set, where it is not where the run found it")
    .option("--format <name>", "format of the data set, where it is not recognised")
    .option("--images <dir>", "folder of the images, where it is not beside the captions")
    .option("--beam <n>", "beam width; each run's own without it", toCount)
    .option("--limit <n>", "caption and score only the first n images of the split", toCount)
    .option("--engine <name>", "TensorFlow.js engine to compare with: auto, cuda, node, wasm, cpu", "auto")
    .option("--json", "print what the report says in numbers as one JSON document")
    .action(runReport);
}

async function runReport(runs: string[], flags: ReportFlags): Promise<void> {
  const { writeReport } = await import("../training/report/index.js");
  const line = new ProgressLine();
  const signal = interruptSignal();
  const result = await writeReport(runs, flags.out, {
    ...flags,
    pictures: flags.pictures || 0,
    onPictures: (done, total) => line.update("Pictures", done, total),
    onStage: (run, stage) => line.say(`${run}: ${stage} …`),
    onCaptions: (run, done, total) => line.update(`${run}: captions`, done, total),
    onDrawn: (done, total) => line.update("Attention maps", done, total),
    onNote: (note) => line.say(note),
    signal,
  });
  line.say(`Report: ${flags.out}, ${(result.bytes / 1e6).toFixed(1)} MB`);
  if (flags.json) process.stdout.write(`${JSON.stringify({ report: flags.out, ...result })}\n`);
}
