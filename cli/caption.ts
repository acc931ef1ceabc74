import { type Command, Option } from "commander";
import { ERRORS } from "../errors/index.js";
import type { Captioner, CaptionResult, Device, Precision } from "../runtime/node/index.js";
import { toCount } from "./arguments.js";
import type { NamedImage } from "./image-arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";

interface CaptionFlags {
  model?: string;
  beam?: number;
  maxLength?: number;
  alternatives?: number;
  precision?: Precision;
  device: Device;
  threads?: number;
  recursive?: boolean;
  json?: boolean;
  attention?: string;
}

/** From here on it takes long enough for progress to be shown, unless the captions themselves show it. */
const MANY = 30;

export function register(program: Command): void {
  program
    .command("caption")
    .description("write a caption for each image")
    .argument("<image...>", "image files, folders of images, or - for an image on standard input")
    .option("--model <dir>", "model folder, or the name of one in `models list`; the shipped default without it")
    .option("--beam <n>", "beam width, 1 is greedy; the model's own without it", toCount)
    .option("--max-length <n>", "most words of a caption; the model's own without it", toCount)
    .option("--alternatives <n>", "also give the n next best captions", toCount)
    .addOption(new Option("--precision <name>", "of the model's weights").choices(["fp32", "fp16", "int8"]))
    .addOption(new Option("--device <name>", "where to run").choices(["auto", "cpu", "cuda", "webgpu"]).default("cpu"))
    .option("--threads <n>", "CPU threads; all by default", toCount)
    .option("--recursive", "look into the folders in folders too")
    .option("--json", "print one JSON line an image")
    .option("--attention <out>", "also draw where the model looked: a .png file, or a folder for several images")
    .action(run);
}

async function run(paths: string[], flags: CaptionFlags): Promise<void> {
  const { expandImages } = await import("./image-arguments.js");
  const { loadCaptioner } = await import("../runtime/node/index.js");
  stopWhenNobodyReads();
  const signal = interruptSignal();
  const images = await expandImages(paths, flags.recursive ?? false);
  const captioner = await loadCaptioner(flags.model, flags);
  const line = new ProgressLine();
  try {
    const pictures = flags.attention ? await pictureWriter(captioner, images, flags.attention) : undefined;
    const print = flags.json ? printJson : printText(images.length > 1 || paths.length > 1);
    let index = 0;
    for await (const result of captioner.captionMany(
      images.map(({ input }) => input),
      { ...flags, signal },
    )) {
      print(images[index].name, result);
      if ("error" in result) process.exitCode = 1;
      else await pictures?.(index, result);
      index++;
      if (images.length > MANY && !process.stdout.isTTY) line.update("Captions", index, images.length);
    }
  } finally {
    line.close();
    await captioner.close();
  }
}

async function pictureWriter(captioner: Captioner, images: NamedImage[], out: string) {
  const { attentionPaths } = await import("./attention-paths.js");
  const { attentionPicture } = await import("../runtime/node/index.js");
  const { writeFileAtomic } = await import("../files/atomic.js");
  const paths = attentionPaths(
    out,
    images.map(({ name }) => name),
  );
  return async (index: number, caption: Exclude<CaptionResult, { error: unknown }>): Promise<void> => {
    const picture = await attentionPicture(caption.image, caption, captioner.manifest.preprocessing);
    await writeFileAtomic(paths[index], picture);
    process.stderr.write(`attention: ${paths[index]}\n`);
  };
}

/** One line an image, as the interface documents it. */
function printJson(image: string, result: CaptionResult): void {
  if ("error" in result) {
    const { code, message } = result.error;
    process.stdout.write(`${JSON.stringify({ image, error: { code, message } })}\n`);
    return;
  }
  const { caption, score, tokens, alternatives } = result;
  process.stdout.write(`${JSON.stringify({ image, caption, score, tokens, alternatives })}\n`);
}

/** The sentence alone, or after its image's name where there are several; alternatives indented below. */
function printText(named: boolean): (image: string, result: CaptionResult) => void {
  return (image, result) => {
    if ("error" in result) {
      const { code, message } = result.error;
      process.stderr.write(`error ${code}: ${message}\n  ${ERRORS[code].advice}\n`);
      return;
    }
    process.stdout.write(`${named ? `${image}: ` : ""}${result.sentence}\n`);
    for (const { caption, score } of result.alternatives) process.stdout.write(`  ${score.toFixed(2)}  ${caption}\n`);
  };
}

/** `showtell caption … | head -1` closes the pipe: then there is nobody left to write for. */
function stopWhenNobodyReads(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(process.exitCode);
    throw error;
  });
}
