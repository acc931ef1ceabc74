import type { Command } from "commander";
import type { EvaluateOptions } from "../training/evaluate/index.js";
import { toCount } from "./arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";
import { textTable } from "./table.js";

interface EvaluateFlags extends EvaluateOptions {
  model?: string;
  predictions?: string;
  save?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("evaluate")
    .description("caption a data set's images with a model and score the captions (BLEU, ROUGE-L, CIDEr-D)")
    .option("--model <dir>", "model folder; the shipped default without it")
    .requiredOption("--dataset <path>", "data set: a folder or file in a known format, or `scenes`")
    .option("--format <name>", "format of the data set, where it is not recognised")
    .option("--images <dir>", "folder of the images, where it is not beside the captions")
    .option("--split <name>", "train, val (or dev), test", "test")
    .option("--beam <n>", "beam width; the model's own without it", toCount)
    .option("--precision <name>", "fp32, fp16 or int8, where the model has several")
    .option("--threads <n>", "threads of each onnxruntime session", toCount)
    .option("--limit <n>", "only the first n images", toCount)
    .option("--predictions <file>", "also write the captions to a JSON file, as `score` reads them")
    .option("--save", "note the scores in the model's manifest and card")
    .option("--json", "print one JSON document")
    .action(runEvaluate);
}

async function runEvaluate(flags: EvaluateFlags): Promise<void> {
  const { evaluateModel, recordEvaluation } = await import("../training/evaluate/index.js");
  const { resolveModel } = await import("../runtime/node/index.js");
  const { writeFileAtomic } = await import("../files/atomic.js");
  const line = new ProgressLine();
  const model = resolveModel(flags.model);
  const evaluation = await evaluateModel(model, {
    ...flags,
    onPictures: (done, total) => line.update("Pictures", done, total),
    onProgress: (done, total) => line.update("Captions", done, total),
    signal: interruptSignal(),
  });
  for (const { image, code, message } of evaluation.failed) line.say(`${image}: ${code}: ${message}`);
  if (flags.predictions)
    await writeFileAtomic(flags.predictions, `${JSON.stringify(evaluation.predictions, null, 1)}\n`);
  if (flags.save) await recordEvaluation(model, evaluation);
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(evaluation)}\n`);
    return;
  }
  const rows = Object.entries(evaluation.scores).map(([name, value]) => [name, value.toFixed(4)]);
  const { dataset, split, images, beam, precision, seconds } = evaluation;
  line.say(`${images} images of ${dataset} ${split}, beam ${beam}, ${precision}, ${seconds.toFixed(1)} s`);
  process.stdout.write(`${textTable(["metric", "value"], rows)}\n`);
}
