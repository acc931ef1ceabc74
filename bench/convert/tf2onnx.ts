import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../../files/cache-folder.js";

/** The versions that work together; tf2onnx 1.16 cannot read what newer ones of the others give. */
const PACKAGES = ["tensorflow-cpu==2.12.1", "tf2onnx==1.16.1", "onnx<1.17", "numpy<1.24"];

/**
 * Python with tf2onnx, set up in the cache on first use (230 MB through the user's pip); undefined where that fails.
 * TensorFlow 2.12 wants Python 3.8 to 3.11.
 */
export async function tf2onnxPython(): Promise<string | undefined> {
  const folder = join(cacheFolder(), "tf2onnx");
  const python = join(folder, "bin/python");
  if (existsSync(python)) return python;
  process.stderr.write(`Setting tf2onnx up in ${folder}\n`);
  const base = ["python3.11", "python3.10", "python3"].find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!base) return undefined;
  // An environment names its own folder in its files, so that it is made in its place, and removed where it is not whole.
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", ...PACKAGES];
  for (const [program, args] of [
    [base, ["-m", "venv", folder]],
    [python, pip],
  ] as const) {
    if (spawnSync(program, args, { stdio: ["ignore", 2, 2] }).status === 0) continue;
    await rm(folder, { recursive: true, force: true });
    return undefined;
  }
  return python;
}
