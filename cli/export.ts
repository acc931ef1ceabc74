import type { Command } from "commander";
import { ShowtellError } from "../errors/index.js";
import type { Precision } from "../runtime/core/index.js";
import { expandImages } from "./image-arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";
import { textTable } from "./table.js";

interface ExportFlags {
  out: string;
  precision: string;
  calibration?: string[];
  notice?: string[];
  engine: string;
  layout: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("export")
    .description("convert a run's best weights to a model folder of ONNX graphs, checked against TensorFlow.js")
    .argument("<run>", "folder of the run; with --layout triton a model folder, or the name of one")
    .requiredOption("--out <dir>", "model folder to write")
    .option(
      "--layout <name>",
      "model-folder, or triton: a model folder's captioner as a Triton model repository",
      "model-folder",
    )
    .option("--precision <list>", "precisions of the stored weights, by comma: fp32, fp16, int8", "fp32")
    .option("--calibration <path...>", "images that int8 is calibrated on (default: some that the run was trained on)")
    .option("--notice <text...>", "further notices for the model's licence, such as the data set's")
    .option("--engine <name>", "TensorFlow.js engine to compare with: auto, cuda, node, wasm, cpu", "auto")
    .option("--json", "print manifest and parity as one JSON document")
    .action(runExport);
}

async function runExport(run: string, flags: ExportFlags, command: Command): Promise<void> {
  if (flags.layout === "triton") {
    const asked = command.getOptionValueSource("precision") === "default" ? undefined : flags.precision;
    return runTritonExport(run, flags, asked);
  }
  if (flags.layout !== "model-folder") {
    throw new ShowtellError("USAGE", `No layout "${flags.layout}": model-folder, triton.`);
  }
  const { exportRun, startEngine } = await import("../training/index.js");
  const line = new ProgressLine();
  const signal = interruptSignal();
  await startEngine(flags.engine as "auto");
  const { manifest, parity } = await exportRun(run, flags.out, {
    precisions: flags.precision.split(",").map((name) => name.trim()),
    calibration: flags.calibration && (await expandImages(flags.calibration, false)).map(({ input }) => input),
    notices: flags.notice,
    onStage: (stage) => line.say(`${stage} …`),
    signal,
  });
  if (flags.json) {
    process.stdout.write(`${JSON.stringify({ manifest, parity })}\n`);
    return;
  }
  const inBytes = parity.some(({ cosine }) => cosine !== undefined);
  const rows = parity.map((row) => [
    row.graph,
    row.precision,
    row.output,
    `[${row.shape.join(", ")}]`,
    row.maxAbsolute.toExponential(1),
    row.maxRelative.toExponential(1),
    ...(inBytes ? [row.cosine?.toFixed(5) ?? ""] : []),
    row.ok ? "ok" : "FAILED",
  ]);
  const header = ["graph", "precision", "output", "shape", "difference", "of peak", ...(inBytes ? ["cosine"] : []), ""];
  process.stdout.write(`${textTable(header, rows)}\n`);
  line.say(`Model folder: ${flags.out}`);
}

async function runTritonExport(model: string, flags: ExportFlags, precision?: string): Promise<void> {
  const { exportTriton } = await import("../training/index.js");
  const { resolveModel } = await import("../runtime/node/index.js");
  const name = await exportTriton(resolveModel(model), flags.out, { precision: precision as Precision | undefined });
  if (flags.json) process.stdout.write(`${JSON.stringify({ name, repository: flags.out })}\n`);
  else process.stdout.write(`Triton model repository: ${flags.out}, model ${name}\n`);
}
