import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../../cli/table.js";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { compare, TOLERANCE } from "./compare.js";
import { layerCoverage, operatorCoverage } from "./coverage.js";
import { PUBLISHED_MODELS, type PublishedModel } from "./models.js";
import { packageLabel } from "./packages.js";
import { publishedModelsPage, type Row } from "./page.js";

// Published models, converted and held against TensorFlow.js: npm run conformance -- [PART-OF-TITLE …] [--write] [--cpu]
// --write puts the table into docs/published-models.md; --cpu compares with the engine cpu throughout, which takes long.

const { values: flags, positionals } = parseArgs({
  options: { write: { type: "boolean", default: false }, cpu: { type: "boolean", default: false } },
  allowPositionals: true,
});

function allowed({ except }: PublishedModel, output: string): number {
  return except?.outputs.includes(output) ? except.tolerance : TOLERANCE;
}

async function run(model: PublishedModel): Promise<Omit<Row, "model" | "from" | "seconds">> {
  try {
    const comparison = await compare(model);
    const { outputs, first } = comparison;
    if (model.refused) return { comparison, ok: false, note: "it was to be refused" };
    const wrong = outputs.filter((row) => !row.ok || row.maxRelative > allowed(model, row.output));
    const named = wrong.map(({ output, maxRelative }) => `${output} ${maxRelative.toExponential(1)}`).join(", ");
    if (wrong.length > 0) return { comparison, ok: false, note: `${named}; first: ${first ?? "unknown"}` };
    const { except, engine } = model;
    const notes = [
      ...(engine ? [`compared on the engine ${engine}`] : []),
      ...(except ? [`${except.outputs.join(" and ")} within ${except.tolerance}: ${except.reason}`] : []),
    ];
    return { comparison, ok: true, note: notes.join("; ") };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const expected = error instanceof ShowtellError && error.code === "CONVERT_UNSUPPORTED";
    if (expected && model.refused?.test(message)) return { ok: true, note: `refused: ${message}` };
    return { ok: false, note: message };
  }
}

const rows: Row[] = [];
// The engine of most first: a process changes it once.
const chosen = PUBLISHED_MODELS.filter(
  ({ title }) =>
    positionals.length === 0 || positionals.some((part) => title.toLowerCase().includes(part.toLowerCase())),
)
  .map((model): PublishedModel => (flags.cpu ? { ...model, engine: "cpu" } : model))
  .toSorted((a, b) => Number(a.engine === "cpu") - Number(b.engine === "cpu"));
for (const model of chosen) {
  const { from, title } = model;
  if (typeof from === "object" && !existsSync(join(packageRoot(), from.folder))) {
    process.stderr.write(`${title}: passed over, ${from.folder} is not there.\n`);
    continue;
  }
  const started = performance.now();
  const result = await run(model);
  const seconds = (performance.now() - started) / 1000;
  process.stderr.write(`${result.ok ? "ok" : "FAILED"}  ${title}  ${seconds.toFixed(1)} s\n`);
  rows.push({ model, from: typeof from === "string" ? packageLabel(from) : from.folder, seconds, ...result });
}

const cells = rows.map(({ model, comparison, seconds, ok, note }) => {
  const { layers, nodes, transposes, outputs = [] } = comparison ?? {};
  const worst = comparison ? Math.max(...outputs.map(({ maxRelative }) => maxRelative)).toExponential(1) : "";
  const counts = [layers, nodes, transposes, comparison && outputs.length].map((count) => String(count ?? ""));
  return [model.title, ...counts, worst, seconds.toFixed(1), ok ? (comparison ? "ok" : "refused") : "FAILED", note];
});
const header = ["model", "in tfjs", "in ONNX", "Transpose", "outputs", "of peak", "s", "", ""];
process.stdout.write(`${textTable(header, cells)}\n\n`);

const compared = rows.filter(({ model }) => !model.refused);
const outputs = rows.flatMap(({ model, comparison }) =>
  (comparison?.outputs ?? []).map((row) => ({ ...row, within: row.ok && row.maxRelative <= TOLERANCE, model })),
);
const [layers, operators] = [layerCoverage(), await operatorCoverage()];
const excepted = outputs.filter(({ within, output, model }) => !within && model.except?.outputs.includes(output));
const summary = [
  `conformance: ${compared.filter(({ ok }) => ok).length} of ${compared.length} models,`,
  ` ${outputs.filter(({ within }) => within).length} of ${outputs.length} outputs within ${TOLERANCE} of their peak`,
  excepted.length > 0 ? ` (${excepted.length} by a wider bound, with its reason)` : "",
  `; ${rows.filter(({ model, ok }) => model.refused && ok).length} refused as expected`,
  `; layers ${layers.converted} of ${layers.all}; operators ${operators.converted} of ${operators.all}`,
  ` (${operators.all - operators.converted} refused)`,
].join("");
process.stdout.write(`${summary}\n`);
if (flags.write) {
  await writeFile(join(packageRoot(), "docs/published-models.md"), publishedModelsPage(rows, summary));
}
process.exitCode = rows.every(({ ok }) => ok) && rows.length > 0 ? 0 : 1;
