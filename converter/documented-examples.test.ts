import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { packageRoot } from "../files/package-root.js";

/** What the block imports, as it lies in this build. */
const MODULES: Record<string, string> = {
  "showtell/converter": new URL("./index.js", import.meta.url).href,
  "showtell/converter/verify": new URL("./verify/index.js", import.meta.url).href,
  "@tensorflow/tfjs": import.meta.resolve("@tensorflow/tfjs"),
};

for (const [page, operators] of [
  ["custom-layers.md", "Gemm, Relu, Mul, Mul"],
  ["custom-operators.md", "Abs, Mul"],
] as const) {
  test(`the example of docs/${page} runs as it is written there`, () => runExample(page, operators));
}

function runExample(page: string, operators: string): void {
  const text = readFileSync(join(packageRoot(), "docs", page), "utf8");
  const blocks = [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code!);
  assert.equal(blocks.length, 1);
  const code = blocks[0]!.replace(/from "([^"]+)"/g, (_, name: string) => `from ${JSON.stringify(MODULES[name])}`);
  const folder = mkdtempSync(join(tmpdir(), "showtell-docs-"));
  try {
    const file = join(folder, "example.mjs");
    writeFileSync(file, code);
    const printed = execFileSync(process.execPath, [file], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    assert.equal(printed.trim(), operators);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
