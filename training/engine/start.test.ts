import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import type { EngineEntry, EngineName } from "./engine.js";
import { cpu } from "./engines/cpu.js";
import { ENGINES } from "./registry.js";
import { startBest, startEngine } from "./start.js";

// An empty cache: what this machine has installed must not matter here.
const cache = mkdtempSync(join(tmpdir(), "showtell-engine-"));
process.env.SHOWTELL_CACHE = cache;
after(() => rmSync(cache, { recursive: true, force: true }));

const broken = (name: EngineName, how: Partial<EngineEntry>): EngineEntry => ({
  name,
  title: name,
  missing: async () => undefined,
  start: async () => assert.fail("not reached"),
  ...how,
});

test("the first engine that starts and computes rightly is taken", async () => {
  const wrong = { ...tf, matMul: () => tf.zeros([2, 2]) } as unknown as typeof tf;
  const engine = await startBest([
    broken("cuda", { missing: async () => "no driver" }),
    broken("node", { start: () => Promise.reject(new Error("libtensorflow.so.2: cannot open")) }),
    broken("wasm", { start: async () => ({ name: "wasm", description: "", threads: 1, tf: wrong }) }),
    cpu,
  ]);
  assert.equal(engine.name, "cpu");
});

test("when none works, every reason is named", async () => {
  await assert.rejects(
    startBest([
      broken("cuda", { missing: async () => "no driver" }),
      broken("node", { start: () => Promise.reject(new Error("no libtensorflow")) }),
    ]),
    { code: "ENGINE_UNAVAILABLE", message: /cuda: no driver; node: no libtensorflow/ },
  );
});

test("a forced engine that does not work says why", async (t) => {
  const native = ENGINES.find((entry) => entry.name === "node");
  if ((await native?.missing()) === undefined) return t.skip("tfjs-node is installed in this project");
  await assert.rejects(startEngine("node"), { code: "ENGINE_UNAVAILABLE", message: /showtell engine install/ });
  return undefined;
});

test("an unknown name is a wrong use", async () => {
  await assert.rejects(startEngine("webgl" as EngineName), { code: "USAGE", exitCode: 2 });
});

test("started once, an engine stays until another is forced", async () => {
  const first = await startEngine("wasm");
  assert.equal(tf.getBackend(), "wasm");
  assert.equal(await startEngine("auto"), first);
  assert.equal(await startEngine("wasm"), first);
  const other = await startEngine("cpu");
  assert.equal(other.name, "cpu");
  assert.equal(tf.getBackend(), "cpu");
  const [a, b] = await Promise.all([startEngine("wasm"), startEngine("wasm")]);
  assert.equal(a, b);
});
