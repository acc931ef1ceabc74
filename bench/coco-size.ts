import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { textTable } from "../cli/table.js";
import { writeToyBackbone } from "../test/toy-project.js";
import { startEngine } from "../training/engine/index.js";
import { readLog } from "../training/learn/log.js";
import { TrainingOptions } from "../training/learn/options.js";
import { train } from "../training/learn/train.js";
import { uniform } from "../training/random/seeded.js";

// A training on a synthetic data set of COCO's size: does memory stay flat, does feeding keep up?
// npm run bench:coco-size -- [--images 118000] [--steps 200] [--engine auto]
// The pictures are 32 x 32 noise and the features small: what is measured is what grows with their number.

const { values: flags } = parseArgs({
  options: {
    images: { type: "string", default: "118000" },
    steps: { type: "string", default: "200" },
    engine: { type: "string", default: "auto" },
  },
});
const images = Number(flags.images);
const steps = Number(flags.steps);
const CAPTIONS = 5;
const WORDS = 20_000;
const SIDE = 32;
const AT_ONCE = 64;
const EVERY = 25;

const megabytes = () => process.memoryUsage().rss / 1e6;
const random = uniform(1, "coco-size");

/** Words as often as those of a language: the r-th commonest about 1 / r times as often as the first (Zipf). */
const word = () => `w${Math.floor(WORDS ** random())}`;
const caption = () => Array.from({ length: 8 + Math.floor(random() * 5) }, word).join(" ");

async function writeDataset(folder: string): Promise<string> {
  await mkdir(join(folder, "images"), { recursive: true });
  for (let start = 0; start < images; start += AT_ONCE) {
    const names = Array.from({ length: Math.min(AT_ONCE, images - start) }, (_, i) => start + i);
    await Promise.all(
      names.map((name) => {
        const pixels = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random() * 256);
        const picture = sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 3 } }).jpeg();
        return picture.toFile(join(folder, "images", `${name}.jpg`));
      }),
    );
    if (start % (AT_ONCE * 100) === 0) process.stderr.write(`Pictures: ${start}/${images}\n`);
  }
  const file = join(folder, "captions.jsonl");
  const lines = Array.from({ length: images }, (_, i) => {
    const split = i % 100 === 0 ? "val" : "train";
    return JSON.stringify({ image: `images/${i}.jpg`, captions: Array.from({ length: CAPTIONS }, caption), split });
  });
  await writeFile(file, lines.join("\n"));
  return file;
}

const folder = await mkdtemp(join(tmpdir(), "showtell-coco-size-"));
try {
  const dataset = await writeDataset(join(folder, "data"));
  const backbone = await writeToyBackbone(join(folder, "backbone"));
  const engine = await startEngine(flags.engine as "auto");
  const before = megabytes();
  const options = TrainingOptions.parse({
    dataset,
    backbone,
    layer: "grid",
    normalize: "0..1",
    featureSize: 64,
    attentionSize: 64,
    embeddingSize: 64,
    hiddenSize: 64,
    validationLimit: 10,
  });
  const stop = new AbortController();
  const started = performance.now();
  const rows: string[][] = [];
  const row = (when: string, step = "") =>
    rows.push([when, ((performance.now() - started) / 1000).toFixed(0), megabytes().toFixed(0), step]);
  row("start");
  let computed = false;
  try {
    await train(join(folder, "run"), options, engine, {
      signal: stop.signal,
      cacheDir: join(folder, "cache"),
      onDataset: ({ images: all }) => row(`${all.length} images, ${all.length * CAPTIONS} captions read`),
      onFeatures(done, total) {
        if (done % 5000 === 0) process.stderr.write(`Features: ${done}/${total}\n`);
        if (done === total && !computed) row("features computed");
        computed ||= done === total;
      },
      onStep({ step, secondsPerStep }) {
        if (step % EVERY === 0) row(`step ${step}`, secondsPerStep.toFixed(3));
        if (step === steps) stop.abort();
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
  const entries = (await readLog(join(folder, "run", "log.jsonl"))).filter((entry) => entry.kind === "step");
  const idle = entries.map(({ idleShare }) => idleShare ?? Number.NaN).sort((a, b) => a - b);
  process.stdout.write(`${textTable(["", "s", "memory, MB", "s a step"], rows)}\n\n`);
  process.stdout.write(
    `${engine.description}\nMost memory over the start: ${(Math.max(...rows.map((cells) => Number(cells[2]))) - before).toFixed(0)} MB (target: under 2000). ` +
      `Engine idle: ${(100 * (idle.at(idle.length >> 1) ?? Number.NaN)).toFixed(1)} % of a step (median; target: under 2 %).\n`,
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}
