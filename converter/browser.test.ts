import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../files/package-root.js";

/** package.json's mapping for browsers: paths in the package whose modules bundlers leave empty. */
const { browser } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { browser: object };

test("the core reaches Node's modules through files/ alone, so that browsers can load it", () => {
  const seen = new Set<string>();
  const core = fileURLToPath(new URL("./index.js", import.meta.url));
  const loaded: string[] = [];
  const stack = [core];
  for (let file = stack.pop(); file; file = stack.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    loaded.push(...Array.from(text.matchAll(/import\("([^"]+)"\)/g), ([, name]) => resolve(dirname(file), name!)));
    const imports = text.matchAll(/^(?:import|export)\b[^"']*?["']([^"']+)["']/gm);
    for (const [, name] of imports) {
      assert.doesNotMatch(name!, /^node:|^onnxruntime|^@tensorflow/, `${file} imports ${name}`);
      if (name!.startsWith(".")) stack.push(fileURLToPath(new URL(name!, `file://${file}`)));
    }
  }
  assert.ok(seen.size > 50, `${seen.size} modules`);
  const inPackage = loaded.map((file) => `./dist/converter/${relative(dirname(core), file).replaceAll("\\", "/")}`);
  assert.deepEqual(inPackage, Object.keys(browser), "what is loaded on demand is left empty in browsers");
  assert.ok(![...seen].some((file) => /converter\/(files|verify)\//.test(file)));
});
