import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { showtell } from "../test/command.js";
import { emptyFile, hugePng, plainPng, textFile, truncatedJpeg } from "../test/malformed/images.js";
import { writeTinyModel } from "../test/tiny-model.js";

let folder: string;
const path = (...parts: string[]) => join(folder, ...parts);
const caption = (args: string[], input?: Uint8Array) =>
  showtell(["caption", ...args, "--model", path("model")], { input });
const lines = (text: string) => text.split("\n").filter(Boolean);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "showtell-caption-"));
  await writeTinyModel(path("model"));
  await mkdir(path("photos", "more"), { recursive: true });
  const colours = ["#c03020", "#2040c0", "#20a040"];
  for (const [i, background] of colours.entries()) {
    const create = { width: 60, height: 40, channels: 3 as const, background };
    await sharp({ create })
      .png()
      .toFile(path("photos", `${i}.png`));
  }
  await copyFile(path("photos", "0.png"), path("photos", "more", "deep.png"));
  await writeFile(path("photos", "notes.txt"), "not an image");
  await writeFile(path("photos", "._0.png"), "what macOS leaves beside files");
});
after(() => rm(folder, { recursive: true, force: true }));

test("one image: the sentence alone", async () => {
  const { code, stdout, stderr } = await caption([path("photos", "0.png")]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^[A-Z][a-z ]+\.\n$/);
});

test("a folder and files: one line each with its name, in order; hidden and other files are left out", async () => {
  const { code, stdout } = await caption([path("photos"), path("photos", "0.png")]);
  assert.equal(code, 0);
  assert.deepEqual(
    lines(stdout).map((line) => line.slice(0, line.indexOf(": "))),
    ["0.png", "1.png", "2.png", "0.png"].map((name) => path("photos", name)),
  );
  const recursive = await caption([path("photos"), "--recursive"]);
  assert.equal(lines(recursive.stdout).length, 4);
  assert.match(recursive.stdout, /deep\.png: /);
});

test("standard input gives what the file gives", async () => {
  const file = path("photos", "1.png");
  const piped = await caption(["-"], await readFile(file));
  assert.equal(piped.code, 0, piped.stderr);
  assert.equal(piped.stdout, (await caption([file])).stdout);
  assert.match((await caption(["-"], new Uint8Array(0))).stderr, /IMAGE_UNREADABLE: .*empty/);
  assert.equal((await caption(["-", "-"])).code, 2);
});

test("--json prints the documented line an image; bad ones stop nothing and make the exit code 1", async () => {
  const bad = {
    "text.jpg": textFile(),
    "empty.png": emptyFile(),
    "cut.jpg": await truncatedJpeg(),
    "huge.png": hugePng(),
  };
  await mkdir(path("bad"));
  for (const [name, content] of Object.entries(bad)) await writeFile(path("bad", name), content);
  await writeFile(path("good.png"), await plainPng());
  const inputs = [...Object.keys(bad).map((name) => path("bad", name)), path("good.png"), path("absent.jpg")];
  const { code, stdout, stderr } = await caption([...inputs, "--json", "--alternatives", "2", "--beam", "4"]);
  assert.equal(code, 1);
  assert.equal(stderr, "");
  const results = lines(stdout).map((line) => JSON.parse(line));
  assert.deepEqual(
    results.map(({ image }) => image),
    inputs,
  );
  assert.deepEqual(
    results.map(({ error }) => error?.code),
    ["IMAGE_UNREADABLE", "IMAGE_UNREADABLE", "IMAGE_UNREADABLE", "IMAGE_TOO_LARGE", undefined, "FILE_NOT_FOUND"],
  );
  const good = results[4];
  assert.deepEqual(Object.keys(good), ["image", "caption", "score", "tokens", "alternatives"]);
  assert.match(good.caption, /^[a-z]+( [a-z]+)*$/);
  assert.equal(good.tokens.length, good.caption.split(" ").length);
  assert.equal(good.alternatives.length, 2);
  assert.deepEqual(Object.keys(good.alternatives[0]), ["caption", "score"]);
  assert.ok(good.score >= good.alternatives[0].score);
  assert.deepEqual(Object.keys(results[0]), ["image", "error"]);
  assert.deepEqual(Object.keys(results[0].error), ["code", "message"]);
  const plain = await caption(inputs);
  assert.equal(plain.code, 1);
  assert.equal(lines(plain.stdout).length, 1);
  assert.equal(plain.stderr.match(/error IMAGE_/g)?.length, 4);
  assert.ok(!/\n +at /.test(plain.stderr), "no stack trace");
});

test("--attention draws a picture: into a file, numbered files or a folder", async () => {
  const [one, two] = [path("photos", "0.png"), path("photos", "1.png")];
  assert.equal((await caption([one, "--attention", path("out.png")])).code, 0);
  assert.equal((await sharp(path("out.png")).metadata()).format, "png");
  await caption([one, two, "--attention", path("several.png")]);
  await caption([one, two, path("photos", "more", "deep.png"), one, "--attention", path("maps")]);
  const files = await readdir(folder);
  assert.ok(files.includes("several-1.png") && files.includes("several-2.png"));
  assert.deepEqual((await readdir(path("maps"))).sort(), [
    "0.attention-2.png",
    "0.attention.png",
    "1.attention.png",
    "deep.attention.png",
  ]);
});

test("wrong use: exit code 2 and what is wrong", async () => {
  const image = path("photos", "0.png");
  const wrong: [string[], RegExp][] = [
    [[], /missing required argument/],
    [[image, "--beam", "0"], /--beam/],
    [[image, "--device", "tpu"], /Allowed choices are auto, cpu, cuda, webgpu/],
    [[image, "--precision", "fp16"], /USAGE: .*has no fp16; it has fp32/],
    [[path("maps-absent", "..", "bad-absent"), "--threads", "x"], /--threads/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await caption(args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
  await mkdir(path("nothing"));
  const { code, stderr } = await caption([path("nothing")]);
  assert.deepEqual([code, /no image in the folder/.test(stderr)], [2, true]);
  const absent = await showtell(["caption", image, "--model", path("no-model")]);
  assert.deepEqual([absent.code, /FILE_NOT_FOUND: There is no model folder/.test(absent.stderr)], [2, true]);
});

test("an altered model is refused with its code", async () => {
  await writeTinyModel(path("altered"));
  await writeFile(path("altered", "encoder.fp32.onnx"), "x");
  const { code, stderr } = await showtell(["caption", path("photos", "0.png"), "--model", path("altered")]);
  assert.equal(code, 1);
  assert.match(stderr, /error MODEL_ALTERED: .*encoder\.fp32\.onnx has 1 bytes/);
});

const main = fileURLToPath(new URL("./main.js", import.meta.url));

/** The command on a great many images, with its stdout in hand. */
function captionForLong() {
  const images = Array.from({ length: 4000 }, (_, i) => path("photos", `${i % 3}.png`));
  const child = spawn(process.execPath, [main, "caption", ...images, "--model", path("model"), "--json"]);
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stderr: string }>((resolve) =>
    child.on("close", (code) => resolve({ code, stderr })),
  );
  return { child, ended };
}

test("Ctrl-C ends it in order", async () => {
  const { child, ended } = captionForLong();
  let stdout = "";
  child.stdout.on("data", (data) => {
    if (stdout === "") child.kill("SIGINT");
    stdout += data;
  });
  const { code, stderr } = await ended;
  assert.equal(code, 1);
  assert.match(stderr, /error INTERRUPTED: Stopped on request\./);
  assert.ok(lines(stdout).length < 4000);
  for (const line of lines(stdout)) JSON.parse(line);
});

test("a reader that leaves ends it in silence", async () => {
  const { child, ended } = captionForLong();
  child.stdout.once("data", () => child.stdout.destroy());
  const { stderr } = await ended;
  assert.ok(!/EPIPE|at /.test(stderr), stderr);
});
