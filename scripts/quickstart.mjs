// Set-up and the main job in one command: train a small captioner, convert it, evaluate it, caption photographs.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { install } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const started = performance.now();
const MODEL = "models/flickr8k-efficientnet-lite0";

function freeName(path) {
  if (!existsSync(join(root, path))) return path;
  for (let number = 2; ; number++) if (!existsSync(join(root, `${path}-${number}`))) return `${path}-${number}`;
}

function heading(text) {
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(`\n== ${text}  (${seconds} s so far)`);
}

function showtell(...args) {
  console.log(`$ npx showtell ${args.join(" ")}`);
  const done = spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (done.status !== 0) {
    console.error(
      `\nThe quickstart stopped: "showtell ${args[0]}" ended with exit code ${done.status ?? done.signal}.`,
    );
    process.exit(1);
  }
}

heading("1/6 Setting up");
install();
if (build() !== 0) process.exit(1);

const run = freeName("runs/quickstart");
const model = freeName(`${run}-model`);

heading("2/6 Training a captioner with attention on the embedded data set (drawn scenes)");
showtell(
  ...["train", "--dataset", "scenes", "--backbone", MODEL, "--out", run, "--engine", "wasm", "--epochs", "5"],
  ...["--feature-size", "128", "--attention-size", "64", "--embedding-size", "64", "--hidden-size", "128"],
  ...["--learning-rate", "0.004", "--warmup-steps", "30", "--average-decay", "0.98", "--label-smoothing", "0.05"],
  ...["--feature-dropout", "0.1", "--state-dropout", "0.1", "--output-dropout", "0.1", "--minimum-count", "3"],
);

heading("3/6 Converting it to ONNX, compared with TensorFlow.js value by value");
showtell("export", run, "--out", model, "--engine", "wasm");

heading("4/6 Scoring the captions it writes, through onnxruntime");
showtell("evaluate", "--model", model, "--dataset", "scenes", "--split", "test");

heading("5/6 Captioning photographs with the shipped model");
const photographs = readdirSync(join(root, "samples")).filter((file) => /\.(jpe?g|png)$/i.test(file));
showtell("caption", ...photographs.map((file) => `samples/${file}`), "--attention", `${run}/attention`);

heading("6/6 Done");
console.log(`
The run (weights, log, curves):  ${run}   (look at ${run}/curves.svg)
Your captioner as ONNX:          ${model}
Where each word looked:          ${run}/attention

Try next:
  npx showtell caption YOUR-PHOTO.jpg --attention looked.png
  npx showtell caption YOUR-PHOTO.jpg --json
  npx showtell train --help
  npx showtell doctor
`);
