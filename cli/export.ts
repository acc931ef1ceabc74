import { join } from "node:path";
import type { Command } from "commander";
import { ShowtellError } from "../errors/index.js";
import type { Precision } from "../runtime/core/index.js";
import { toNumber } from "./arguments.js";
import { expandImages } from "./image-arguments.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";
import { textTable } from "./table.js";

interface ExportFlags {
  out: string;
  precision: string;
  compute?: string;
  calibration?: string[];
  calibrationMethod?: string;
  leastDecibels?: number;
  notice?: string[];
  engine: string;
  layout: string;
  storageUri?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command("export")
    .description("convert a run's best weights to a model folder of ONNX graphs, checked against TensorFlow.js")
    .argument("<run>", "folder of the run; with --layout triton or kserve a model folder, or the name of one")
    .argument("[others...]", "further runs: all become one model, an ensemble")
    .requiredOption("--out <dir>", "model folder to write")
    .option(
      "--layout <name>",
      "model-folder; or a model folder's captioner: triton (a Triton model repository), kserve (the same, and its service)",
      "model-folder",
    )
    .option(
      "--storage-uri <uri>",
      "with --layout kserve: where the cluster will find the folder, such as pvc://CLAIM/PATH",
    )
    .option("--precision <list>", "precisions of the stored weights, by comma: fp32, fp16, int8", "fp32")
    .option(
      "--compute <name>",
      "what fp16 computes in: fp32 (runs everywhere) or fp16 (for GPUs; other operators keep float32) (default: fp32)",
    )
    .option("--calibration <path...>", "images that int8 is calibrated on (default: some that the run was trained on)")
    .option(
      "--calibration-method <name>",
      "how int8's ranges are chosen: max, percentile, percentile:99.9, entropy (default: max)",
    )
    .option("--least-decibels <x>", "layers of a smaller signal-to-noise ratio in int8 stay in float32", toNumber, 20)
    .option("--notice <text...>", "further notices for the model's licence, such as the data set's")
    .option("--engine <name>", "TensorFlow.js engine to compare with: auto, cuda, node, wasm, cpu", "auto")
    .option("--json", "print manifest and parity as one JSON document")
    .action(runExport);
}

async function runExport(run: string, others: string[], flags: ExportFlags, command: Command): Promise<void> {
  if (flags.storageUri && flags.layout !== "kserve") {
    throw new ShowtellError("USAGE", "--storage-uri goes with --layout kserve.");
  }
  if (flags.layout === "triton" || flags.layout === "kserve") {
    const asked = command.getOptionValueSource("precision") === "default" ? undefined : flags.precision;
    if (others.length > 0) throw new ShowtellError("USAGE", `The layout ${flags.layout} takes one model folder.`);
    return runServerExport(run, flags, asked as Precision | undefined);
  }
  if (flags.layout !== "model-folder") {
    throw new ShowtellError("USAGE", `No layout "${flags.layout}": model-folder, triton, kserve.`);
  }
  const { exportRun, startEngine } = await import("../training/index.js");
  const line = new ProgressLine();
  const signal = interruptSignal();
  await startEngine(flags.engine as "auto");
  const { manifest, parity } = await exportRun([run, ...others], flags.out, {
    precisions: flags.precision.split(",").map((name) => name.trim()),
    calibration: flags.calibration && (await expandImages(flags.calibration, false)).map(({ input }) => input),
    compute: flags.compute,
    int8: { method: flags.calibrationMethod, leastDecibels: flags.leastDecibels },
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
  for (const [graph, { inFloat }] of Object.entries(manifest.quantization?.graphs ?? {})) {
    for (const { node, op, reason } of inFloat) line.say(`In float32: ${graph}, ${node} (${op}): ${reason}`);
  }
  line.say(`Model folder: ${flags.out}`);
}

async function runServerExport(model: string, flags: ExportFlags, precision?: Precision): Promise<void> {
  const { exportKserve, exportTriton } = await import("../training/index.js");
  const { resolveModel } = await import("../runtime/node/index.js");
  const { out, storageUri, layout, json } = flags;
  const folder = resolveModel(model);
  if (layout === "kserve") {
    const names = await exportKserve(folder, out, { precision, storageUri });
    const text = `KServe folder: ${out}, model ${names.model}; kubectl apply -f ${join(out, "inference-service.yaml")}`;
    process.stdout.write(
      `${json ? JSON.stringify({ name: names.model, service: names.service, repository: out }) : text}\n`,
    );
    return;
  }
  const name = await exportTriton(folder, out, { precision });
  const text = `Triton model repository: ${out}, model ${name}`;
  process.stdout.write(`${json ? JSON.stringify({ name, repository: out }) : text}\n`);
}
