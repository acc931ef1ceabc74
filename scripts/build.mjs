// Compiles the package. Usage: node scripts/build.mjs [--out DIR]
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Compiles into `out` from nothing, so that no file of a deleted source stays behind; returns the exit status. */
export function build(out = "dist") {
  rmSync(join(root, out), { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  // What runs in browsers has their types and not Node's.
  for (const project of ["tsconfig.json", "tsconfig.web.json"]) {
    const args = [tsc, "-p", join(root, project), "--outDir", join(root, out)];
    const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
    if (status !== 0) return status ?? 1;
  }
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const at = process.argv.indexOf("--out");
  process.exitCode = build(at < 0 ? undefined : process.argv[at + 1]);
}
