import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startServer } from "../../bench/serve/command.js";
import { newApiKey } from "../../runtime/server/api-keys.js";
import { pythonWith } from "../python-packages.js";
import { writeTinyModel } from "../tiny-model.js";

// Schemathesis against a running server's OpenAPI document: npm run fuzz:api -- [--examples 8] [--seed 1]
// Exit code 1 if an answer is a 5xx or is not what the document says. Where there is no Python, or its packages cannot be
// had, it says so and passes.

const { values: flags } = parseArgs({
  options: { examples: { type: "string", default: "8" }, seed: { type: "string", default: "1" } },
});
const VERSION = "4.32.5";
/** Images that are none, and tensors of other models, are as the document says and refused with reason. */
const EXCLUDED = "positive_data_acceptance";

interface Report {
  exit_code: number;
  complete: boolean;
  operations: { total: number; tested: number };
  test_cases: { generated: number };
  failures: { title: string; count: number; operations: string[] }[];
  errors: unknown[];
}

/** Requests that the server counted, by their status. */
function statusesOf(metrics: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const [, status, count] of metrics.matchAll(/^showtell_http_requests_total\{.*status="(\d+)"\} (\d+)$/gm)) {
    counts.set(Number(status), (counts.get(Number(status)) ?? 0) + Number(count));
  }
  return new Map([...counts].sort(([a], [b]) => a - b));
}

/** Runs it in a folder, against a server that asks for keys; the problems that it found, and what it did in one line. */
async function fuzz(python: string, folder: string): Promise<{ problems: string[]; summary: string }> {
  await writeTinyModel(join(folder, "tiny"));
  const { key, line } = newApiKey("fuzz", true);
  await writeFile(join(folder, "keys.jsonl"), `${line}\n`);
  const patience = ["--queue", "1000", "--queue-wait", "60000"];
  const model = ["--model", join(folder, "tiny"), "--workers", "1", "--keys", join(folder, "keys.jsonl")];
  const server = await startServer([...model, ...patience]);
  const report = join(folder, "report.json");
  const args = [
    ...[
      "-m",
      "schemathesis.cli",
      "--no-color",
      "run",
      `${server.url}/openapi.json`,
      "-H",
      `Authorization: Bearer ${key}`,
    ],
    ...["--checks", "all", "--exclude-checks", EXCLUDED, "--seed", flags.seed, "--max-examples", flags.examples],
    ...["--continue-on-failure", "--report", "json", "--report-json-path", report],
  ];
  const run = spawnSync(python, args, { cwd: folder, encoding: "utf8", timeout: 540_000, maxBuffer: 2 ** 28 });
  const text = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${key}` } })
    .then((metrics) => metrics.text())
    .finally(() => server.stop());

  const done = await readFile(report, "utf8").then(
    (json) => JSON.parse(json) as Report,
    () => undefined,
  );
  if (!done) return { problems: [`schemathesis gave no report:\n${run.stdout}${run.stderr}`], summary: "" };
  const statuses = statusesOf(text);
  const restarts = Number(/^showtell_worker_restarts (.*)$/m.exec(text)?.[1]);
  const problems = done.failures.map(
    ({ title, count, operations }) => `${title}: ${count} times, ${operations.join(", ")}`,
  );
  for (const [status, count] of statuses) if (status >= 500) problems.push(`${count} answers of ${status}`);
  if (restarts !== 0) problems.push(`${restarts} workers lost`);
  if (server.child.exitCode !== 0) problems.push(`the server ended with ${server.child.exitCode}`);
  const { operations, test_cases: cases } = done;
  if (operations.tested !== operations.total || !done.complete || done.errors.length > 0 || done.exit_code > 1) {
    problems.push(`${operations.tested} of ${operations.total} operations were tested`);
  }
  if (problems.length > 0) problems.push(run.stdout);
  const counts = [...statuses].map(([status, count]) => `${status} x ${count}`).join(", ");
  const summary = `${cases.generated} cases over ${operations.tested} operations; the server answered ${counts}`;
  return { problems, summary };
}

const python = await pythonWith(`schemathesis-${VERSION}`, [`schemathesis==${VERSION}`]);
if (!python) {
  process.stdout.write(
    `fuzz:api: left out, as schemathesis ${VERSION} cannot be had (Python 3.10 or newer with pip)\n`,
  );
} else {
  const folder = await mkdtemp(join(tmpdir(), "showtell-fuzz-"));
  try {
    const { problems, summary } = await fuzz(python, folder);
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    process.stdout.write(`fuzz:api: ${summary}; ${problems.length === 0 ? "nothing found" : "FAILED"}\n`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
