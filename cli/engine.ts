import type { Command } from "commander";
import type { InstallProgress } from "../training/engine/index.js";
import { interruptSignal } from "./interrupt.js";
import { ProgressLine } from "./progress.js";

const MB = 1e6;

export function register(program: Command): void {
  const engine = program.command("engine").description("the native TensorFlow.js engine: install, status, remove");
  engine
    .command("install")
    .description("set up tfjs-node on a current TensorFlow, in a cache outside node_modules (Linux x64)")
    .option("--cuda", "the variant for NVIDIA GPUs (2.2 GB to download instead of 230 MB)")
    .option("--json", "print one JSON document")
    .action(install);
  engine
    .command("status")
    .description("what is installed, and where")
    .option("--json", "print one JSON document")
    .action(status);
  engine
    .command("remove")
    .description("remove every native engine from the cache")
    .option("--json", "print one JSON document")
    .action(remove);
}

async function install(flags: { cuda?: boolean; json?: boolean }): Promise<void> {
  const { installNative } = await import("../training/engine/native/install.js");
  const line = new ProgressLine(5);
  const signal = interruptSignal();
  try {
    const installed = await installNative({ cuda: flags.cuda ?? false, signal, onProgress: progressOn(line) });
    line.close();
    if (flags.json) {
      process.stdout.write(`${JSON.stringify(installed)}\n`);
      return;
    }
    process.stdout.write(`${describe(installed)}\n`);
    if (flags.cuda && !installed.gpu) {
      process.stdout.write("No GPU was found: here it computes on the CPU.\n");
    }
    process.stdout.write("Training takes it by itself from now on (`--engine` forces another).\n");
  } finally {
    line.close();
  }
}

/** Downloads as one growing count of megabytes, the other stages as a line each. */
function progressOn(line: ProgressLine): (progress: InstallProgress) => void {
  let said = "";
  return ({ stage, item, bytes = 0, totalBytes = 0 }) => {
    if (stage === "download") {
      line.update("Download (MB)", Math.round(bytes / MB), Math.round(totalBytes / MB));
    } else if (stage !== "unpack" && stage !== said) {
      said = stage;
      line.say(stage === "compile" ? `Compiling ${item}` : `Testing ${item} in a process of its own`);
    }
  };
}

interface Described {
  variant: string;
  tfjs: string;
  tensorflow: string;
  bytes: number;
  folder: string;
}

function describe({ variant, tfjs, tensorflow, bytes, folder }: Described): string {
  const size = `${Math.round(bytes / MB)} MB`;
  return `tfjs-node ${tfjs} on TensorFlow ${tensorflow} (${variant}), ${size} in ${folder}`;
}

async function status(flags: { json?: boolean }): Promise<void> {
  const { nativeStatus } = await import("../training/engine/native/status.js");
  const found = await nativeStatus();
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(found)}\n`);
    return;
  }
  for (const installation of found.installed) process.stdout.write(`${describe(installation)}\n`);
  if (found.installed.length === 0) {
    process.stdout.write(`No native engine is installed in ${found.folder}.\nshowtell engine install sets one up.\n`);
  }
}

async function remove(flags: { json?: boolean }): Promise<void> {
  const { removeNative } = await import("../training/engine/native/status.js");
  const removed = await removeNative();
  if (flags.json) process.stdout.write(`${JSON.stringify({ removed })}\n`);
  else process.stdout.write(removed.length > 0 ? `Removed ${removed.join(", ")}\n` : "There was none to remove.\n");
}
