// Runs a compiled script of the repository after set-up. Usage: node scripts/run.mjs bench/train.js [ARGS]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";
import { install } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const [script, ...args] = process.argv.slice(2);
install();
if (build() !== 0) process.exit(1);
process.exit(spawnSync(process.execPath, [join(root, "dist", script), ...args], { stdio: "inherit" }).status ?? 1);
