import type { Command } from "commander";
import { toNumber } from "./arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";

/** @param words the command line: the options' schema takes longer to load than all the rest, so only `train` loads it */
export async function register(program: Command, words: readonly string[]): Promise<void> {
  const flags = words.includes("train") ? (await import("./train-flags.js")).trainingFlags() : [];
  const command = program
    .command("train")
    .description("train a captioner on a data set, or go on with a run")
    .requiredOption("--out <run>", "folder of the run")
    .option("--resume", "go on with the run in --out")
    .option("--engine <name>", "TensorFlow.js engine: auto, cuda, node, wasm, cpu", "auto")
    .option("--checkpoint-seconds <n>", "seconds between checkpoints within an epoch", toNumber, 120)
    .option("--json", "print the result as one JSON document");
  for (const { option } of flags) command.addOption(option);
  command.action(async (given: Record<string, unknown>) => {
    const options = Object.fromEntries(
      flags.map(({ name, option }) => [name, given[option.attributeName()]]).filter(([, value]) => value !== undefined),
    );
    await runTraining(options, given as unknown as RunFlags);
  });
}

interface RunFlags {
  out: string;
  resume?: boolean;
  engine: string;
  checkpointSeconds: number;
  json?: boolean;
}

async function runTraining(given: Record<string, unknown>, flags: RunFlags): Promise<void> {
  const { RunFolder, startEngine, train, resolveOptions, describeReport } = await import("../training/index.js");
  const options = await resolveOptions(new RunFolder(flags.out), given, flags.resume ?? false);
  const line = new ProgressLine();
  const signal = interruptSignal();
  const engine = await startEngine(flags.engine as "auto");
  line.say(`Engine: ${engine.description}`);
  const result = await train(flags.out, options, engine, {
    resume: flags.resume,
    signal,
    checkpointSeconds: flags.checkpointSeconds,
    onPictures: (done, total) => line.update("Pictures", done, total),
    onDataset: (dataset) => line.say(describeReport(dataset.report)),
    onUnreadable: (images) => {
      line.say(`${images.length} images cannot be read and are left out:`);
      for (const { id, code, message } of images.slice(0, 5)) line.say(`  ${id}: ${code}: ${message}`);
    },
    onWeights: (done, total) => line.update("Weights, bytes", done, total),
    onFeatures: (done, total) => line.update("Features", done, total),
    onStep: ({ epoch, step, steps, crossEntropy, secondsPerStep, reward }) =>
      line.update(
        `Epoch ${epoch + 1}/${options.epochs}`,
        step,
        steps,
        `${reward === undefined ? `loss ${crossEntropy.toFixed(3)}` : `reward ${reward.toFixed(3)}`}, ${secondsPerStep.toFixed(2)} s a step`,
      ),
    onValidation: (done, total) => line.update("Validation", done, total),
    onEpoch: ({ epoch, scores, best, samples }) => {
      const text = ["CIDEr-D", "BLEU-4", "ROUGE-L"].map((name) => `${name} ${scores[name].toFixed(3)}`).join(", ");
      line.say(`Epoch ${epoch + 1}: ${text}${best ? " (best so far)" : ""}`);
      for (const { image, caption } of samples.slice(0, 3)) line.say(`  ${image}: ${caption}`);
    },
  });
  line.say(`Best: CIDEr-D ${result.bestScore.toFixed(3)} after epoch ${result.bestEpoch + 1}. Run: ${flags.out}`);
  line.say(`Next: showtell export ${flags.out} --out models/NAME`);
  if (flags.json) process.stdout.write(`${JSON.stringify({ run: flags.out, ...result })}\n`);
}
