import type { Command } from "commander";
import type { Section } from "./doctor/finding.js";

export function register(program: Command): void {
  program
    .command("doctor")
    .description("what this machine has, what works, and what to do about the rest")
    .option("--json", "print one JSON document")
    .action(run);
}

/** One file a section, in the order of the report. */
async function sections(): Promise<Record<string, () => Promise<Section>>> {
  const [{ machine }, { engines }, { providers }, { images }, { models }, { cache }] = await Promise.all([
    import("./doctor/machine.js"),
    import("./doctor/engines.js"),
    import("./doctor/providers.js"),
    import("./doctor/images.js"),
    import("./doctor/models.js"),
    import("./doctor/cache.js"),
  ]);
  return { machine, engines, providers, images, models, cache };
}

async function run(flags: { json?: boolean }): Promise<void> {
  const facts: Record<string, unknown> = {};
  const bad: string[] = [];
  for (const [name, examine] of Object.entries(await sections())) {
    const section = await examine();
    facts[name] = section.facts;
    bad.push(...section.findings.filter(({ status }) => status === "no").map(({ subject }) => subject));
    if (!flags.json) print(section);
  }
  if (bad.length > 0) process.exitCode = 1;
  if (flags.json) process.stdout.write(`${JSON.stringify({ ok: bad.length === 0, ...facts })}\n`);
  else process.stdout.write(bad.length > 0 ? `\nNot in order: ${bad.join(", ")}.\n` : "\nEverything needed works.\n");
}

const MARK = { ok: "ok", note: "--", no: "NO" };

function print({ title, findings }: Section): void {
  process.stdout.write(`\n${title}\n`);
  for (const { status, subject, found, advice } of findings) {
    process.stdout.write(`  ${MARK[status]}  ${subject}: ${found}\n`);
    if (advice) process.stdout.write(`      ${advice}\n`);
  }
}
