import type { Command } from "commander";
import type { Manifest } from "../runtime/core/index.js";
import { textTable } from "./table.js";

export function register(program: Command): void {
  const models = program.command("models").description("the model folders at hand");
  models
    .command("list")
    .description("list the models in the working directory's models/ and in the package's")
    .option("--json", "print one JSON document")
    .action(listModels);
  models
    .command("verify")
    .description(
      "check a model folder: schema, sizes, sha256, every graph by ONNX's rules, opened and compared, a trial run",
    )
    .argument("[model]", "model folder, or the name of one in the list; the shipped default without it")
    .option("--json", "print one JSON document")
    .action(verify);
}

interface ListedModel {
  name: string;
  folder: string;
  default: boolean;
  bytes?: number;
  precisions?: string[];
  evaluation?: Manifest["evaluation"];
  description?: string;
  error?: { code: string; message: string };
}

async function listModels(flags: { json?: boolean }): Promise<void> {
  const { DEFAULT_MODEL, findModels } = await import("../runtime/node/index.js");
  const listed: ListedModel[] = [];
  for (const found of findModels()) {
    listed.push({ ...found, default: found.name === DEFAULT_MODEL, ...(await describe(found.folder)) });
  }
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(listed)}\n`);
    return;
  }
  if (listed.length === 0) {
    process.stdout.write("No model in ./models or in the package's models/.\n");
    return;
  }
  const rows = listed.map(({ name, bytes, precisions, evaluation, folder, error, ...model }) => [
    model.default ? `${name} (default)` : name,
    bytes === undefined ? "" : `${(bytes / 1e6).toFixed(1)} MB`,
    precisions?.join(", ") ?? "",
    error ? error.code : scores(evaluation ?? []),
    folder,
  ]);
  process.stdout.write(`${textTable(["model", "size", "precisions", "scores", "folder"], rows)}\n`);
}

async function describe(folder: string): Promise<Partial<ListedModel>> {
  const { loadModel } = await import("../runtime/node/index.js");
  const { listGraphs } = await import("../runtime/core/index.js");
  const { describeError } = await import("../errors/index.js");
  try {
    const { manifest } = await loadModel(folder);
    const graphs = listGraphs(manifest);
    return {
      bytes: graphs.reduce((sum, { graph }) => sum + graph.bytes, manifest.tokenizer.bytes),
      precisions: [...new Set(graphs.map(({ precision }) => precision))],
      evaluation: manifest.evaluation,
      description: manifest.description,
    };
  } catch (error) {
    const { code, message } = describeError(error);
    return { error: { code, message } };
  }
}

/** The first evaluation's best-known scores. */
function scores([evaluation]: Manifest["evaluation"]): string {
  if (!evaluation) return "not evaluated";
  const values = ["CIDEr-D", "BLEU-4", "ROUGE-L"].flatMap((metric) => {
    const value = evaluation.scores[metric];
    return value === undefined ? [] : [`${metric} ${value.toFixed(3)}`];
  });
  return `${values.join(", ")} (${evaluation.dataset} ${evaluation.split})`;
}

async function verify(model: string | undefined, flags: { json?: boolean }): Promise<void> {
  const { resolveModel, verifyModel } = await import("../runtime/node/index.js");
  const { graphCheck } = await import("./graph-check.js");
  const verification = await verifyModel(resolveModel(model), { checkGraph: graphCheck });
  if (!verification.ok) process.exitCode = 1;
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(verification)}\n`);
    return;
  }
  const rows = verification.checks.map(({ check, ok, message }) => [ok ? "ok" : "NO", check, message]);
  process.stdout.write(`${textTable(["", "check", "found"], rows)}\n`);
  process.stdout.write(`${verification.folder}: ${verification.ok ? "yes, sound" : "no, not usable as it is"}\n`);
}
