// Checks what `npm pack` gives: the files that a user needs and no others, every export there and typed, the command runs.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
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

/** A user's TypeScript: every export, and lowerings that name the types that they work with. */
const consumer = `
${Object.keys(exports)
  .filter((name) => typeof exports[name] !== "string")
  .map((name, i) => `import * as export${i} from "showtell${name.slice(1)}";\nexport { export${i} };`)
  .join("\n")}
import type {
  AttributeValue, Converted, Dim, GraphBuilder, LayerContext, LayerOptions, LowerLayer, LowerOperator, Masking,
  NodeAttributes, OperatorOptions, Tensor, Value,
} from "showtell/converter";
import { layerTable, operatorTable, registerLayer, registerOperator } from "showtell/converter";

const doubled = (b: GraphBuilder, x: Value, attributes: Record<string, AttributeValue> = {}): Value =>
  b.add("Add", [x, x], attributes);
const masking: Masking = "passes";
const options: LayerOptions = { masking, becomes: "Add" };
const layer: LowerLayer = ({ b, x, config }: LayerContext) => (config.boolean("twice", true) ? doubled(b, x) : x);
registerLayer("Doubled", layer, options);
const slopeOf = (attributes: NodeAttributes): Tensor => {
  return { dtype: "float32", shape: [], data: Float32Array.of(attributes.float("slope", 1)) };
};
const operator: LowerOperator = ({ b, x, attributes }) => b.add("Mul", [x, b.constant(slopeOf(attributes), "slope")]);
registerOperator("Sloped", operator, { becomes: "Mul" } satisfies OperatorOptions);
export const rows: number = layerTable().length + operatorTable().length;
export const extents = (converted: Converted): Dim[] => converted.graph.outputs[0]!.shape;
`;
const project = join(folder, "consumer");
mkdirSync(join(project, "node_modules"), { recursive: true });
symlinkSync(unpacked, join(project, "node_modules", "showtell"));
writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
writeFileSync(join(project, "consumer.ts"), consumer);
for (const [module, moduleResolution] of [
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
]) {
  const settings = { target: "es2023", module, moduleResolution, strict: true, noEmit: true, types: ["node"] };
  writeFileSync(
    join(project, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...settings, skipLibCheck: true }, files: ["consumer.ts"] }),
  );
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const done = spawnSync(process.execPath, [tsc, "-p", project], { encoding: "utf8" });
  if (done.status !== 0)
    problems.push(`TypeScript, moduleResolution ${moduleResolution}: ${done.stdout}${done.stderr}`);
}

for (const problem of problems) console.error(problem);
console.log(
  `npm pack: ${files.length} files, ${(report.size / 1e6).toFixed(1)} MB packed, ${problems.length} problems; ${photograph}: ${words.trim()}`,
);
process.exit(problems.length === 0 ? 0 : 1);
