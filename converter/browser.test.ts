import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("the core reaches Node's modules through files/ alone, so that browsers can load it", () => {
  const seen = new Set<string>();
  const stack = [fileURLToPath(new URL("./index.js", import.meta.url))];
  for (let file = stack.pop(); file; file = stack.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const imports = readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^"']*?["']([^"']+)["']/gm);
    for (const [, name] of imports) {
      assert.doesNotMatch(name!, /^node:|^onnxruntime|^@tensorflow/, `${file} imports ${name}`);
      if (name!.startsWith(".")) stack.push(fileURLToPath(new URL(name!, `file://${file}`)));
    }
  }
  assert.ok(seen.size > 50, `${seen.size} modules`);
  assert.ok(![...seen].some((file) => /converter\/(files|verify)\//.test(file)));
});
