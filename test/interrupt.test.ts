import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Finished, showtell } from "./command.js";
import { writeTinyModel } from "./tiny-model.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

let folder: string;
let training: string[];
const path = (...parts: string[]) => join(folder, ...parts);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-interrupt-"));
  training = toyTraining(await writeToyDataset(path("data")), await writeToyBackbone(path("backbone")));
  await writeTinyModel(path("model"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs a command and presses Ctrl-C when it says what `moment` matches. */
async function interrupted(args: string[], moment: RegExp): Promise<Finished> {
  let pressed = false;
  const finished = await showtell(args, {
    env: { SHOWTELL_CACHE: path("cache") },
    onStderr: (text, child) => {
      if (!pressed && moment.test(text)) pressed = child.kill("SIGINT");
    },
  });
  assert.ok(pressed, finished.stderr);
  assert.equal(finished.code, 1, finished.stderr);
  assert.match(finished.stderr, /error INTERRUPTED: /);
  assert.doesNotMatch(finished.stderr, /\n\s+at /, "no stack trace");
  return finished;
}

/** Files that are not whole, anywhere below the test's folder. */
const halves = async () => (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(".tmp"));

test("while the embedded pictures are drawn: whole pictures alone stay", async () => {
  for (const args of [
    [...training, "--dataset", "scenes", "--out", path("scenes-run")],
    ["evaluate", "--model", path("model"), "--dataset", "scenes"],
  ]) {
    const { stdout } = await interrupted(args, /Pictures: /);
    assert.equal(stdout, "");
    assert.deepEqual(await halves(), []);
  }
});

test("while a model is converted: no folder, and none in the making", async () => {
  const trained = await showtell([...training, "--out", path("run")], { env: { SHOWTELL_CACHE: path("cache") } });
  assert.equal(trained.code, 0, trained.stderr);
  for (const moment of [/Converting/, /Comparing fp16/]) {
    const args = ["export", path("run"), "--out", path("exported"), "--precision", "fp32,fp16", "--engine", "wasm"];
    await interrupted(args, moment);
    assert.deepEqual(await halves(), []);
    assert.ok(!(await readdir(folder)).includes("exported"));
  }
});
