import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { withFiles } from "../../test/files-on-disk.js";
import { readLog, TrainingLog } from "./log.js";

const STEP = {
  kind: "step",
  step: 25,
  epoch: 0,
  loss: 2.5,
  crossEntropy: 2,
  gradientNorm: 1.5,
  learningRate: 0.001,
  secondsPerStep: 0.5,
} as const;
const line = JSON.stringify(STEP);

test("a last line that is not whole is passed over, whatever cut it", async () => {
  for (const tail of ["", "\n", `\n${line.slice(0, 40)}`, `\n${line.slice(0, 40)}\n`, "\n\u0000\u0000"]) {
    await withFiles({ "log.jsonl": line + tail }, async (folder) => {
      assert.deepEqual(await readLog(join(folder, "log.jsonl")), [STEP], JSON.stringify(tail));
    });
  }
});

test("damage before the last line is an error that names the line", async () => {
  for (const damaged of ["{", '{"kind":"other"}', JSON.stringify({ ...STEP, step: "many" }), "null"]) {
    await withFiles({ "log.jsonl": `${line}\n${damaged}\n${line}\n` }, async (folder) => {
      await assert.rejects(readLog(join(folder, "log.jsonl")), { code: "RUN_INVALID", message: /line 2/ }, damaged);
    });
  }
});

test("what is written is read, a norm that overflowed as not a number", () =>
  withFiles({ "log.jsonl": "" }, async (folder) => {
    const log = await TrainingLog.open(join(folder, "log.jsonl"), 0);
    const entries = [STEP, { ...STEP, step: 50, gradientNorm: Number.POSITIVE_INFINITY, reward: 0.5, time: 1.5 }];
    for (const entry of entries) await log.write(entry);
    assert.deepEqual(await log.entries(), [STEP, { ...entries[1], gradientNorm: Number.NaN }]);
  }));
