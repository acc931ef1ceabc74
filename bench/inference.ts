import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { textTable } from "../cli/table.js";
import { packageRoot } from "../files/package-root.js";
import type { Precision } from "../runtime/core/index.js";
import { decodeImage } from "../runtime/node/image.js";
import { graphPath, loadModel } from "../runtime/node/model.js";
import { resolveModel } from "../runtime/node/model-paths.js";
import type { InferenceTask } from "./inference-child.js";

// Each graph of models on one photograph, in Node beside Python's onnxruntime on the same files, in turn:
// npm run bench:inference -- [--model DIR …] [--precision fp32,int8] [--threads 1,2] [--rounds 3] [--runs 10] [--python VENV] [--json]

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: [] },
    precision: { type: "string", default: "fp32,fp16,int8" },
    threads: { type: "string", default: "1,2" },
    rounds: { type: "string", default: "3" },
    runs: { type: "string", default: "10" },
    python: { type: "string", default: join(tmpdir(), "showtell-bench-onnxruntime") },
    json: { type: "boolean", default: false },
  },
});

/** Of the same graph, Node's time over Python's. */
const MOST = 1.1;
const asked = flags.precision.split(",");
const PRECISIONS = (["fp32", "fp16", "int8"] as const).filter((precision) => asked.includes(precision));
if (PRECISIONS.length !== asked.length)
  throw new Error(`--precision wants some of fp32,fp16,int8, not ${flags.precision}`);

interface Row {
  model: string;
  precision: Precision;
  /** What it computes in, of fp16. */
  compute?: "fp32" | "fp16";
  threads: number;
  role: InferenceTask["role"];
  /** Milliseconds: the fastest run, and the one in the middle. */
  node: { min: number; median: number };
  python?: { min: number; median: number };
}

function seconds(command: string[]): number[] {
  const { stdout, stderr, status } = spawnSync(command[0] as string, command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command[0]} failed: ${stderr.trim().split("\n").slice(-3).join(" ")}`);
  return (JSON.parse(stdout.trim().split("\n").at(-1) as string) as { seconds: number[] }).seconds;
}

/** A Python with onnxruntime, set up on first use; undefined where that does not go. */
function pythonWithOnnxruntime(): string | undefined {
  const python = join(flags.python, "bin/python");
  if (existsSync(python)) return python;
  process.stderr.write(`Setting Python's onnxruntime up in ${flags.python}\n`);
  const made = spawnSync("python3", ["-m", "venv", flags.python], { stdio: ["ignore", 2, 2] });
  const pip = ["-m", "pip", "install", "-q", "onnxruntime", "numpy"];
  if (made.status === 0 && spawnSync(python, pip, { stdio: ["ignore", 2, 2] }).status === 0) return python;
  process.stderr.write("Python's onnxruntime is not there: Node's times only.\n");
  return undefined;
}

const child = fileURLToPath(new URL("./inference-child.js", import.meta.url));
const peer = join(packageRoot(), "bench/onnxruntime_graph.py");
const python = pythonWithOnnxruntime();
const folder = await mkdtemp(join(tmpdir(), "showtell-bench-"));
const rows: Row[] = [];

/** Both in turn, so that what else the machine does falls on both. */
function timed(task: InferenceTask): Pick<Row, "node" | "python"> {
  const json = JSON.stringify(task);
  const times: Record<"node" | "python", number[]> = { node: [], python: [] };
  for (let round = 0; round < Number(flags.rounds); round++) {
    times.node.push(...seconds([process.execPath, child, json]));
    if (python && task.role !== "step-wise") times.python.push(...seconds([python, peer, json]));
  }
  const summary = (list: number[]) => {
    const sorted = list.map((value) => value * 1000).sort((a, b) => a - b);
    return { min: sorted[0] as number, median: sorted[sorted.length >> 1] as number };
  };
  return { node: summary(times.node), ...(times.python.length > 0 && { python: summary(times.python) }) };
}

try {
  for (const name of flags.model.length > 0 ? flags.model : [undefined]) {
    const { folder: model, manifest } = await loadModel(resolveModel(name));
    const { preprocessing, decoding, tokens, graphs } = manifest;
    const pixels = join(folder, "pixels");
    await writeFile(pixels, await decodeImage(join(packageRoot(), "samples", "dog.jpg"), preprocessing));
    for (const precision of PRECISIONS) {
      const files: InferenceTask["files"] = {};
      for (const role of ["encoder", "decoder", "captioner"] as const) {
        const graph = graphs[role]?.[precision];
        if (graph) files[role] = await graphPath(model, graph);
      }
      if (!files.encoder || !files.decoder) continue;
      const roles = ["encoder", "decoder", "step-wise", ...(files.captioner ? (["captioner"] as const) : [])] as const;
      for (const threads of flags.threads.split(",").map(Number)) {
        for (const role of roles) {
          process.stderr.write(`${manifest.name} ${precision}, ${threads} threads: ${role}\n`);
          const { width, height } = preprocessing;
          const task = { role, files, threads, runs: Number(flags.runs), pixels, width, height, ...decoding, tokens };
          const compute = graphs.encoder[precision]?.compute;
          rows.push({ model: manifest.name, precision, compute, threads, role, ...timed(task) });
        }
      }
    }
  }
} finally {
  await rm(folder, { recursive: true });
}

if (flags.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
else {
  const header = [
    "model",
    "precision",
    "threads",
    "graph",
    "Node ms",
    "(median)",
    "Python ms",
    "(median)",
    "ratio",
    "",
  ];
  const lines = rows.map(({ model, precision, compute, threads, role, node, python }) => {
    const ratio = python && node.min / python.min;
    const times = [node.min, node.median, python?.min, python?.median].map((value) => value?.toFixed(2) ?? "");
    const verdict = ratio === undefined ? "" : ratio <= MOST ? "ok" : `over ${MOST}`;
    const kind = compute === "fp16" ? `${precision} arithmetic` : precision;
    return [model, kind, String(threads), role, ...times, ratio?.toFixed(2) ?? "", verdict];
  });
  process.stdout.write(`${textTable(header, lines)}\n`);
}
