import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "../files/cache-folder.js";

/**
 * A Python with packages of its own, set up in the cache on first use.
 * @param name of its folder there; another one for other packages
 * @param pythons commands to make it with, the first that is there
 * @returns path of the interpreter; undefined where there is no Python, or the packages cannot be had
 */
export async function pythonWith(
  name: string,
  packages: string[],
  pythons: string[] = ["python3"],
): Promise<string | undefined> {
  const folder = join(cacheFolder(), name);
  const python = join(folder, "bin/python");
  if (existsSync(python)) return python;
  const base = pythons.find((command) => spawnSync(command, ["--version"]).status === 0);
  if (!base) return undefined;
  process.stderr.write(`Setting ${name} up in ${folder}\n`);
  // An environment names its own folder in its files, so that it is made in its place, and removed where it is not whole.
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", ...packages];
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
