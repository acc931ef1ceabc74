#!/usr/bin/env node
import "../runtime/node/telemetry.js";

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { packageRoot } from "../files/package-root.js";
import { register as caption } from "./caption.js";
import { register as convert } from "./convert.js";
import { register as doctor } from "./doctor.js";
import { register as engine } from "./engine.js";
import { register as evaluate } from "./evaluate.js";
import { register as exportRun } from "./export.js";
import { reportFailure } from "./failure.js";
import { register as models } from "./models.js";
import { register as report } from "./report.js";
import { register as score } from "./score.js";
import { register as serve } from "./serve.js";
import { register as train } from "./train.js";

const { version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };

const program = new Command("showtell")
  .description("Train an image captioner in TypeScript, ship it as ONNX, run it anywhere.")
  .version(version)
  .option("--stack", "print the stack trace of an error")
  .showHelpAfterError("Run with --help for the options.")
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) });

for (const register of [train, exportRun, evaluate, score, report, caption, serve, convert, models, engine, doctor]) {
  await register(program, process.argv.slice(2));
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.exitCode = reportFailure(error, program.opts<{ stack?: boolean }>().stack);
  }
}
