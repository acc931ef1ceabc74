import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../../files/package-root.js";
import "../index.js";
import { operatorTable } from "../read/graph-model/registry.js";
import { operatorsPage } from "./table.js";

/** Names of the operators that TensorFlow.js itself can run. */
async function operatorsOfTensorFlowJs(): Promise<string[]> {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-converter/package.json")), "dist/operations/op_list");
  const files = readdirSync(folder).filter((file) => file.endsWith(".js") && !file.includes("_test"));
  const lists = await Promise.all(
    files.map(
      async (file) => (await import(pathToFileURL(join(folder, file)).href)) as { json: { tfOpName: string }[] },
    ),
  );
  return lists.flatMap(({ json }) => json.map(({ tfOpName }) => tfOpName));
}

test("every operator of TensorFlow.js is converted, or refused with a reason", async () => {
  const known = new Map(operatorTable());
  const listed = await operatorsOfTensorFlowJs();
  assert.equal(listed.length, 248);
  // Const is read with the weights.
  assert.deepEqual(
    listed.filter((name) => name !== "Const" && !known.has(name)),
    [],
  );
  const refused = listed.filter((name) => name !== "Const" && !known.get(name)?.becomes);
  for (const name of refused) assert.ok(known.get(name)?.limits, `${name} is refused without a reason`);
  assert.ok(listed.length - refused.length >= 235, `${listed.length - refused.length} are converted`);
});

test("docs/operators.md is current (node scripts/operators.mjs writes it)", () => {
  assert.equal(readFileSync(join(packageRoot(), "docs/operators.md"), "utf8"), operatorsPage());
});
