import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { runChild } from "../../published/child.js";

const project = mkdtempSync(join(tmpdir(), "showtell-project-"));
after(() => rmSync(project, { recursive: true, force: true }));

test("tfjs-node that the user installed in the project is taken", async () => {
  const scope = join(project, "node_modules/@tensorflow");
  const tfjsNode = join(scope, "tfjs-node");
  mkdirSync(tfjsNode, { recursive: true });
  symlinkSync(dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs/package.json")), join(scope, "tfjs"));
  writeFileSync(join(project, "package.json"), "{}");
  // Its back end is the plain JavaScript one: what is tested is how the package is found, loaded and shared.
  writeFileSync(
    join(tfjsNode, "index.js"),
    `const tf = require("@tensorflow/tfjs");
    tf.copyRegisteredKernels("cpu", "tensorflow");
    tf.registerBackend("tensorflow", () => new (tf.findBackend("cpu").constructor)());`,
  );
  const start = new URL("../start.js", import.meta.url).href;
  const script = `const { startEngine } = await import(${JSON.stringify(start)});
    const { name, description, tf } = await startEngine(process.argv[1]);
    console.log(JSON.stringify({ name, description, backend: tf.getBackend() }));`;
  const env = { ...process.env, SHOWTELL_CACHE: join(project, "cache") };
  const run = () => runChild(process.execPath, ["--input-type=module", "-e", script, "node"], { cwd: project, env });
  const found = await run();
  assert.equal(found.code, 0, found.stderr);
  assert.deepEqual(JSON.parse(found.stdout), {
    name: "node",
    description: "@tensorflow/tfjs-node as installed in the project, on the CPU",
    backend: "tensorflow",
  });

  writeFileSync(join(tfjsNode, "index.js"), 'throw new Error("The addon can not be found at path: x\\nPlease run …");');
  const broken = await run();
  assert.notEqual(broken.code, 0);
  assert.match(broken.stderr, /ENGINE_UNAVAILABLE/);
  assert.match(broken.stderr, /tfjs-node as installed in the project: The addon can not be found at path: x/);
});
