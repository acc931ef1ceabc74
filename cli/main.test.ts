import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { showtell } from "../test/command.js";

/** The installed packages that a command loads, as the coverage of its process tells. */
async function loadedPackages(args: string[]): Promise<{ stdout: string; packages: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), "showtell-loaded-"));
  try {
    const { code, stdout, stderr } = await showtell(args, { env: { NODE_V8_COVERAGE: folder } });
    assert.equal(code, 0, stderr);
    const reports = await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), "utf8")));
    const urls = reports.flatMap((report) => JSON.parse(report).result.map(({ url }: { url: string }) => url));
    assert.ok(urls.some((url) => url.endsWith("/cli/main.js")));
    const names = urls.map((url) => url.match(/.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
    return { stdout, packages: [...new Set(names)].filter((name) => name !== undefined).sort() };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test("help and version load nothing but the parser", async () => {
  for (const args of [["--help"], ["--version"], ["caption", "--help"], ["help", "evaluate"]]) {
    assert.deepEqual((await loadedPackages(args)).packages, ["commander"], args.join(" "));
  }
});

test("train's help, asked for either way, lists the options of training with their defaults", async () => {
  for (const args of [
    ["train", "--help"],
    ["help", "train"],
  ]) {
    const { stdout, packages } = await loadedPackages(args);
    assert.deepEqual(packages, ["commander", "zod"]);
    assert.match(stdout, /--batch <n> +images a step \(default: 16\)/);
    assert.match(stdout, /--dataset <value>/);
  }
});

/** What people's scripts may rely on. */
const CONTRACT: Record<string, string[]> = {
  train: ["--dataset", "--out", "--backbone", "--epochs", "--resume"],
  export: ["<run>", "--out", "--precision"],
  evaluate: ["--model", "--dataset", "--split", '(default: "test")', "--beam", "--json"],
  caption: ["<image...>", "--model", "--beam", "--json", "--attention"],
  score: ["--predictions", "--references", "--json"],
  "models list": ["--json"],
  "models verify": ["[model]", "--json"],
  "engine install": ["--cuda", "--json"],
  "engine status": ["--json"],
  "engine remove": ["--json"],
  doctor: ["--json"],
};

test("every command has the arguments and flags that it shall have", async () => {
  for (const [command, wanted] of Object.entries(CONTRACT)) {
    const { stdout } = await showtell([...command.split(" "), "--help"], { env: { COLUMNS: "200" } });
    for (const part of wanted) {
      const found = part.startsWith("--") ? new RegExp(`^ +${part}\\b`, "m").test(stdout) : stdout.includes(part);
      assert.ok(found, `${command} has no ${part}:\n${stdout}`);
    }
  }
});

test("wrong use of the program itself has exit code 2", async () => {
  for (const args of [["fly"], ["--sideways"], ["models", "fly"]]) {
    const { code, stdout, stderr } = await showtell(args);
    assert.equal(code, 2, `${args}: ${stderr}`);
    assert.equal(stdout, "");
    assert.match(stderr, /error: unknown/);
  }
  assert.equal((await showtell([])).code, 2);
});
