// Builds the examples of all languages whose tools are here, and compares what they print with showtell's own captions.
// Usage: node scripts/examples.mjs [--model DIR] [LANGUAGE …]
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { languages } from "./examples/languages.mjs";
import { install } from "./install.mjs";

/** A caption is close behind another within this difference of their scores. */
const CLOSE = 0.05;

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const at = args.indexOf("--model");
const named = at < 0 ? undefined : args.splice(at, 2)[1];
const unknown = args.filter((arg) => !languages.some(({ name }) => name === arg));
if (unknown.length > 0) fail(`No example in ${unknown.join(", ")}: ${languages.map(({ name }) => name).join(", ")}.`);

install();
if (build() !== 0) process.exit(1);
const { loadCaptioner, resolveModel } = await import("../dist/runtime/node/index.js");
const { uniform } = await import("../dist/training/random/seeded.js");
const { default: sharp } = await import("sharp");
const captioner = await loadCaptioner(named, { precision: "int8" });
const model = resolveModel(named);
if (!captioner.manifest.graphs.captioner?.int8) fail(`${model} has no captioner in int8: export it again.`);

const samples = join(root, "samples");
const photographs = readdirSync(samples).filter((file) => file.endsWith(".jpg"));
const folder = join(root, ".build", "examples", "pictures");
rmSync(folder, { recursive: true, force: true });

/** Captions by showtell, in the order of the photographs, with the next best one. */
async function described(files) {
  const results = [];
  for await (const result of captioner.captionMany(files, { alternatives: 1 })) {
    results.push(result.error ? fail(result.error.message) : result);
  }
  return results;
}

const expectedOf = async (files) => (await described(files)).map(({ caption }) => caption);

/**
 * The photographs at the encoder's size, resized by one of libvips' kernels, as PNG files; with a seed every byte is moved by
 * one step up, down or not at all.
 */
async function resized(kernel, seed = 0) {
  const { width, height } = captioner.manifest.preprocessing;
  const place = join(folder, `${kernel}-${seed}`);
  mkdirSync(place, { recursive: true });
  return Promise.all(
    photographs.map(async (file) => {
      const random = uniform(seed, "grey levels", photographs.indexOf(file));
      const path = join(place, file.replace(/jpg$/, "png"));
      const picture = sharp(join(samples, file)).resize(width, height, { fit: "fill", kernel });
      const { data, info } = await picture
        .removeAlpha()
        .toColourspace("srgb")
        .raw()
        .toBuffer({ resolveWithObject: true });
      const moved =
        seed === 0 ? data : data.map((byte) => Math.min(255, Math.max(0, byte + Math.floor(random() * 3) - 1)));
      await sharp(moved, { raw: info }).png().toFile(path);
      return path;
    }),
  );
}

const originals = photographs.map((file) => join(samples, file));
const own = await described(originals);
const expected = own.map(({ caption }) => caption);
// At the encoder's own size nothing is resized: all must write the same. Of photographs, those must be captioned alike
// whose caption hangs neither on how they are resized nor on a grey level, and whose next best one is not close behind: every
// library decodes and resizes a little differently.
const exact = await resized("lanczos3");
const others = [];
for (const kernel of ["lanczos2", "cubic", "mitchell", "linear"]) others.push(await expectedOf(await resized(kernel)));
for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) others.push(await expectedOf(await resized("lanczos3", seed)));
const isSteady = own.map(({ caption, score, alternatives: [next] }, i) => {
  return score - next.score > CLOSE && others.every((captions) => captions[i] === caption);
});
await captioner.close();

let failures = 0;
for (const language of languages) {
  const { name, commands, files = [], env = {} } = language;
  if (args.length > 0 && !args.includes(name)) continue;
  const missing = [
    ...commands.filter((command) => spawnSync("which", [command]).status !== 0),
    ...files.filter(([there]) => !there).map(([, what]) => what),
  ];
  if (missing.length > 0) {
    console.log(`${name}: left out, ${missing.join(" and ")} not found`);
    continue;
  }
  const run = ([command, ...rest]) =>
    spawnSync(command, rest, { encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 2 ** 26 });
  const caption = (pictures) => {
    const { status, stdout, stderr } = run([...language.run(), model, ...pictures]);
    if (status !== 0) return { problem: `it failed:\n${stderr}`, captions: [] };
    return {
      captions: stdout
        .trimEnd()
        .split("\n")
        .map((line, i) => line.replace(`${pictures[i]}: `, "")),
    };
  };
  const broken = language.build.map(run).find(({ status }) => status !== 0);
  const whole = broken ? { problem: `it cannot be built:\n${broken.stderr || broken.error}` } : caption(exact);
  const resizing = whole.problem ? whole : caption(originals);
  const problem =
    resizing.problem ??
    difference(whole.captions, exact, () => true) ??
    difference(resizing.captions, originals, (i) => isSteady[i]);
  if (problem) failures++;
  const same = resizing.captions?.filter((text, i) => text === expected[i]).length;
  console.log(
    problem ? `${name}: ${problem}` : `${name}: the same ${expected.length} captions; ${same} with its own resizing`,
  );
}
const changing = photographs.filter((_, i) => !isSteady[i]);
if (changing.length > 0)
  console.log(`How they are resized, or a grey level, may change the caption of ${changing.join(", ")}.`);
process.exitCode = failures > 0 ? 1 : 0;

/** The first caption that is not showtell's, of those that must be. */
function difference(captions, pictures, isHeld) {
  const i = expected.findIndex((text, i) => isHeld(i) && captions[i] !== text);
  return i < 0 ? undefined : `${basename(pictures[i])}: "${captions[i]}", not "${expected[i]}"`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
