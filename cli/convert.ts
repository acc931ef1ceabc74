import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import type { Converted } from "../converter/index.js";
import type { Verification } from "../converter/verify/index.js";
import { ShowtellError } from "../errors/index.js";
import { toNumber } from "./arguments.js";
import { type ConvertFlags, pair, toOptions, toQuantization } from "./convert/flags.js";
import { endpointsTable, quantizationTable, summary, verificationTable } from "./convert/tables.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";

export function register(program: Command): void {
  program
    .command("convert")
    .description("convert a TensorFlow.js model to ONNX")
    .argument("<model>", "model.json of a layers-model or graph-model, or the folder that holds it")
    .argument("<out>", "ONNX file to write")
    .option("--verify", "compare each output with TensorFlow.js's, and write nothing where it differs")
    .option("--opset <n>", "ONNX operator set, 17 to 21 (default: 17)", toNumber)
    .option("--inputs <list>", "order of the inputs, by comma; NAME=NEW gives another name")
    .option(
      "--outputs <list>",
      "only these outputs, in this order; NAME=NEW gives another name; inner layers or nodes too",
    )
    .option("--batch <n>", "fix the batch, where the model leaves it free", toNumber)
    .option(
      "--fix <name=dims...>",
      "fix an input's extents: image=1,224,224,3; ? keeps one as it is, a word names it, none at all is one number",
    )
    .option("--layout <name>", "nchw: take images as [N, C, H, W]")
    .option("--precision <name>", "how weights are stored: fp32, fp16, int8 (default: fp32)")
    .option(
      "--calibration <path...>",
      "with int8: images, folders of images, or .npy, .npz or .json files that the ranges are observed on",
    )
    .option(
      "--calibration-range <black,white>",
      "what black and white are for the model, such as -1,1 (default: 0,1; of whole numbers 0,255)",
    )
    .option(
      "--calibration-method <name>",
      "with int8: how ranges are chosen: max, percentile, percentile:99.9, entropy (default: max)",
    )
    .option(
      "--least-decibels <x>",
      "with int8: layers of a smaller signal-to-noise ratio stay in float32 (default: 20)",
      toNumber,
    )
    .option("--vnni", "with int8: finer weights, for processors with VNNI or ARM's dot product alone")
    .option("--external-data", "put the weights into OUT.onnx.data; beyond 2 GiB they go there anyway")
    .option("--name <text>", "name of the graph")
    .option("--no-optimize", "leave the graph as it was read")
    .option("--import <file...>", "modules that register layers of one's own first")
    .option("--input <name=file...>", "with --verify: an input from a .npy or JSON file instead of noise")
    .option("--seed <n>", "with --verify: seed of the noise", toNumber)
    .option(
      "--tolerance <x>",
      "with --verify: largest difference, as a share of the output's peak (default: 1e-4)",
      toNumber,
    )
    .option("--engine <name>", "with --verify: TensorFlow.js engine: cpu, wasm, node, cuda, auto", "cpu")
    .option("--force", "replace the file in the way")
    .option("--json", "print one JSON document")
    .action(runConvert);
}

async function runConvert(model: string, out: string, flags: ConvertFlags): Promise<void> {
  const options = toOptions(flags);
  const quantization = toQuantization(flags);
  const { convert } = await import("../converter/index.js");
  const { checkOutput, stageModel } = await import("../converter/files/index.js");
  const line = new ProgressLine();
  const signal = interruptSignal();
  checkOutput(out, flags);
  for (const file of flags.import ?? []) await importModule(file);
  line.say(`Converting ${model} …`);
  const exact = await convert(model, options);
  for (const warning of exact.report.warnings) line.say(`warning: ${warning}`);
  signal.throwIfAborted();
  const converted = quantization ? await toInt8(exact, quantization, flags, line, signal) : exact;
  const staged = await stageModel(out, converted.graph, flags);
  try {
    const verification = flags.verify ? await compare(converted, staged.path, flags, line) : undefined;
    signal.throwIfAborted();
    const sound = verification?.ok ?? true;
    if (sound) await staged.commit();
    print(model, converted, verification, sound ? staged.files : [], flags);
    if (verification) (await import("../converter/verify/index.js")).assertVerified(verification);
    for (const file of staged.files) line.say(`${file.path}: ${file.bytes} bytes`);
  } finally {
    await staged.discard();
  }
}

async function importModule(file: string): Promise<void> {
  try {
    await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    throw new ShowtellError("USAGE", `${file} cannot be imported: ${(error as Error).message}`, { cause: error });
  }
}

async function toInt8(
  exact: Converted,
  { paths, range }: NonNullable<ReturnType<typeof toQuantization>>,
  flags: ConvertFlags,
  line: ProgressLine,
  signal: AbortSignal,
): Promise<Converted> {
  const { quantizeConverted } = await import("../converter/index.js");
  const { runGraph } = await import("../converter/verify/index.js");
  const { calibrationInputs } = await import("./convert/calibration.js");
  const { samples, description } = await calibrationInputs(paths, exact, range);
  line.say(`Calibrating on ${description} …`);
  const converted = await quantizeConverted(exact, {
    run: runGraph,
    samples,
    signal,
    vnni: flags.vnni,
    method: flags.calibrationMethod,
    leastDecibels: flags.leastDecibels,
  });
  for (const { node, op, reason } of converted.report.quantization!.left)
    line.say(`In float32: ${node} (${op}), ${reason}`);
  return converted;
}

async function compare(converted: Converted, path: string, flags: ConvertFlags, line: ProgressLine) {
  const { startEngine } = await import("../training/engine/index.js");
  const { readValues, verify } = await import("../converter/verify/index.js");
  const given = (flags.input ?? []).map((text) => pair("--input", text));
  const values = given.map(async ([name, file]) => [name, await readValues(file)] as const);
  const inputs = Object.fromEntries(await Promise.all(values));
  const engine = await startEngine(flags.engine as "auto");
  line.say(`Comparing with TensorFlow.js (${engine.name}) …`);
  const verification = await verify(converted, { inputs, path, seed: flags.seed, tolerance: flags.tolerance });
  return { ...verification, engine: engine.name };
}

function print(
  model: string,
  converted: Converted,
  verification: (Verification & { engine: string }) | undefined,
  files: { path: string; bytes: number }[],
  flags: ConvertFlags,
): void {
  const { graph, report } = converted;
  if (flags.json) {
    const document = { model, files, report, inputs: graph.inputs, outputs: graph.outputs, verification };
    process.stdout.write(`${JSON.stringify(document)}\n`);
    return;
  }
  process.stdout.write(`${summary(converted)}\n${endpointsTable(graph)}\n`);
  if (report.quantization) process.stdout.write(`\n${quantizationTable(converted)}\n`);
  if (!verification) return;
  const { tfjs, onnxruntime } = verification.milliseconds;
  const times = `One run: ${tfjs.toFixed(1)} ms in TensorFlow.js (${verification.engine}), ${onnxruntime.toFixed(1)} ms in onnxruntime`;
  process.stdout.write(`\n${verificationTable(verification)}\n${times}\n`);
}
