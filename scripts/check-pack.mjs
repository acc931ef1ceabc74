// Checks what `npm pack` gives: the files that a user needs and no others, every export there, the command runs.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, ".build", "pack");
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const [report] = JSON.parse(
  execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }),
);
const files = report.files.map((file) => file.path);
const problems = [];

const allowed =
  /^(package\.json|README\.md|LICENSE|dist\/(cli|converter|errors|files|runtime|training)\/.*\.(js|d\.ts|js\.map)|models\/.*|samples\/.*)$/;
for (const file of files) {
  if (!allowed.test(file) || file.includes(".test.")) problems.push(`${file} does not belong in the package`);
}

// Unpacked below the repository, its imports find the installed dependencies.
execFileSync("tar", ["-xzf", join(folder, report.filename), "-C", folder]);
const unpacked = join(folder, "package");
const { exports, bin } = JSON.parse(readFileSync(join(unpacked, "package.json"), "utf8"));
for (const target of [
  ...Object.values(exports).flatMap((entry) => (typeof entry === "string" ? entry : Object.values(entry))),
  ...Object.values(bin),
]) {
  if (!existsSync(join(unpacked, target))) problems.push(`${target} is exported and not there`);
}
for (const [name, entry] of Object.entries(exports)) {
  if (typeof entry === "string") continue;
  const members = Object.keys(await import(join(unpacked, entry.default)));
  if (members.length === 0) problems.push(`${name} exports nothing`);
}
const photograph = files.find((file) => /^samples\/.*\.jpg$/.test(file));
const words = execFileSync(process.execPath, [join(unpacked, bin.showtell), "caption", join(unpacked, photograph)], {
  cwd: folder,
  encoding: "utf8",
});
if (words.trim().split(" ").length < 3) problems.push(`caption printed "${words.trim()}"`);

for (const problem of problems) console.error(problem);
console.log(
  `npm pack: ${files.length} files, ${(report.size / 1e6).toFixed(1)} MB packed, ${problems.length} problems; ${photograph}: ${words.trim()}`,
);
process.exit(problems.length === 0 ? 0 : 1);
