import { type Command, Option } from "commander";
import type { ScoreReport } from "../training/scoring/index.js";
import { ProgressLine } from "./progress.js";
import { textTable } from "./table.js";

const SPLITS = ["train", "val", "dev", "test", "all"];

interface ScoreFlags {
  predictions: string;
  references: string;
  split?: string;
  format?: string;
  strict?: boolean;
  perImage?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("score")
    .description("score captions that any captioner wrote (BLEU, ROUGE-L, CIDEr-D) against a data set's")
    .requiredOption(
      "--predictions <file>",
      'JSON list of {"image", "caption"}, COCO results, or `caption --json` lines',
    )
    .requiredOption("--references <path>", "data set: a caption file or folder; the images need not be there")
    .addOption(
      new Option("--split <name>", "images to score; without it every split that the predictions touch").choices(
        SPLITS,
      ),
    )
    .option("--format <name>", "format of the data set, where it is not recognised")
    .option("--strict", "fail on any warning, such as an image without prediction")
    .option("--per-image", "also give each image's scores, worst CIDEr-D first")
    .option("--json", "print one JSON document")
    .action(runScore);
}

async function runScore(flags: ScoreFlags): Promise<void> {
  const { describeWarning, scoreFiles } = await import("../training/scoring/index.js");
  const { perImage, ...report } = await scoreFiles(flags.predictions, flags.references, flags);
  perImage.sort((a, b) => a.scores["CIDEr-D"] - b.scores["CIDEr-D"]);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(flags.perImage ? { ...report, perImage } : report)}\n`);
    return;
  }
  const line = new ProgressLine();
  for (const warning of report.warnings) line.say(`warning: ${describeWarning(warning)}`);
  const { dataset, splits, images, references } = report;
  const rows = Object.entries(report.scores).map(([name, value]) => [name, value.toFixed(4)]);
  process.stdout.write(`${images} images of ${dataset} (${splits.join(", ")}), ${references} references\n\n`);
  process.stdout.write(`${textTable(["metric", "value"], rows)}\n`);
  if (flags.perImage) process.stdout.write(`\n${imageTable(perImage)}\n`);
}

function imageTable(perImage: ScoreReport["perImage"]): string {
  const names = ["CIDEr-D", "ROUGE-L", "BLEU-4"] as const;
  const rows = perImage.map(({ image, caption, scores }) => [
    image,
    ...names.map((name) => scores[name].toFixed(3)),
    caption,
  ]);
  return textTable(["image", ...names, "caption"], rows);
}
