// Sets everything up and runs the tests. Usage: node scripts/test.mjs [--out DIR] [PART-OF-PATH …]
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { install } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);
const at = args.indexOf("--out");
const out = at < 0 ? "dist" : args.splice(at, 2)[1];

install();
const built = build(out);
// With a part of the tree named, faults elsewhere do not keep its tests from running.
if (built !== 0 && args.length === 0) process.exit(built);

const tests = readdirSync(join(root, out), { recursive: true })
  .filter((file) => file.endsWith(".test.js"))
  .filter((file) => args.length === 0 || args.some((part) => file.includes(part)))
  .map((file) => relative(process.cwd(), join(root, out, file)))
  .sort();
if (tests.length === 0) {
  console.error(`No test matches ${args.join(" ")}.`);
  process.exit(1);
}
const seed = pathToFileURL(join(root, out, "test", "fast-check-seed.js")).href;
process.exit(spawnSync(process.execPath, ["--import", seed, "--test", ...tests], { stdio: "inherit" }).status ?? 1);
