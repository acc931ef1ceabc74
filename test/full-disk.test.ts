import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Finished, showtell } from "./command.js";
import { cannotMount, onSmallDisk } from "./small-disk.js";
import { writeTinyModel } from "./tiny-model.js";
import { toyTraining, writeToyBackbone, writeToyDataset } from "./toy-project.js";

const skip = await cannotMount();
let folder: string;
let training: string[];
const path = (...parts: string[]) => join(folder, ...parts);
const run = (args: string[], fileBlocks?: number) =>
  showtell(args, { env: { SHOWTELL_CACHE: path("cache") }, fileBlocks });
const exporting = (out: string) => ["export", path("run"), "--out", out, "--engine", "wasm"];
const drawing = (out: string) => [
  ...["caption", path("data", "images", "0.png"), "--model", path("tiny")],
  ...["--attention", out],
];
const predicting = (out: string) => [
  ...["evaluate", "--model", path("tiny"), "--dataset", path("data", "captions.csv"), "--split", "train"],
  ...["--predictions", out],
];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-full-"));
  training = toyTraining(await writeToyDataset(path("data")), await writeToyBackbone(path("backbone")));
  await writeTinyModel(path("tiny"));
  const trained = await run([...training, "--out", path("run")]);
  assert.equal(trained.code, 0, trained.stderr);
});
after(() => rm(folder, { recursive: true, force: true }));

function assertDiskFull({ code, stderr }: Finished, message: RegExp): void {
  assert.equal(code, 1, stderr);
  assert.match(stderr, /error DISK_FULL: /);
  assert.match(stderr, message);
  assert.match(stderr, /\n {2}Free some space/);
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack trace");
}

test("what is written in one go leaves nothing on a full disk", { skip }, async () => {
  for (const command of [exporting, drawing, predicting]) {
    await onSmallDisk(4, async (disk) => {
      await writeFile(join(disk.folder, "filler"), new Uint8Array(4096));
      assertDiskFull(await run(command(join(disk.folder, "out.png"))), /No space left while writing .*out\.png/);
      assert.deepEqual(await readdir(disk.folder), ["filler"], command.name);
    });
  }
});

test("a run on a full disk goes on once there is room, and ends as one that always had it", { skip }, async () => {
  await onSmallDisk(64, async (disk) => {
    const out = join(disk.folder, "run");
    assertDiskFull(await run([...training, "--out", out]), /No space left while writing .*last\.safetensors/);
    const files = await readdir(out, { recursive: true });
    assert.deepEqual(
      files.filter((file) => /tmp|safetensors/.test(file)),
      [],
    );
    disk.resize(4096);
    const resumed = await run([...training, "--out", out, "--resume", "--json"]);
    assert.equal(resumed.code, 0, resumed.stderr);
    const { run: _run, ...result } = JSON.parse(resumed.stdout);
    const whole = await run([...training, "--out", path("run"), "--resume", "--json"]);
    assert.deepEqual({ run: path("run"), ...result }, JSON.parse(whole.stdout));
  });
});

test("a limit on the size of files is told in the same way", {
  skip: process.platform === "win32" && "Windows has no ulimit",
}, async () => {
  for (const command of [exporting, drawing]) {
    const out = path("limited", "out.png");
    assertDiskFull(await run(command(out), 4), /The file size limit was reached while writing .*out\.png/);
    assert.deepEqual(await readdir(path("limited")), [], command.name);
  }
});
