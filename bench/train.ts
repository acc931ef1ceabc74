import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { textTable } from "../cli/table.js";
import { packageRoot } from "../files/package-root.js";
import { probeEngines } from "../training/engine/index.js";

// The training step (forward, backward, clipping, Adam) on each TensorFlow.js engine beside PyTorch, in turn:
// npm run bench:train -- [--locations 196,49] [--engines node,wasm] [--rounds 3] [--steps 5] [--torch VENV] [--json]
//   [--decoders soft-attention,adaptive,top-down]

const { values: flags } = parseArgs({
  options: {
    locations: { type: "string", default: "196,49" },
    engines: { type: "string", default: "node,wasm" },
    decoders: { type: "string", default: "soft-attention" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "5" },
    torch: { type: "string", default: join(tmpdir(), "showtell-bench-torch") },
    json: { type: "boolean", default: false },
  },
});

/** What is run in turn: a name, and the command that prints {"seconds": […]}. */
interface Contender {
  name: string;
  command(locations: number): string[];
}

const WARMUP = "2";
/** What PyTorch's step computes: other decoders are timed beside it and not compared with it. */
const PEERS_DECODER = "soft-attention";
/** Native at most 1.6 times PyTorch's time, wasm at most 10 times. */
const TARGETS: Record<string, number> = { node: 1.6, wasm: 10 };
const PEERS = join(packageRoot(), "../shared/peers");

function seconds(command: string[]): number[] {
  const { stdout, stderr, status } = spawnSync(command[0], command.slice(1), { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command.join(" ")} failed: ${stderr.trim().split("\n").slice(-3).join(" ")}`);
  return (JSON.parse(stdout.trim().split("\n").at(-1) as string) as { seconds: number[] }).seconds;
}

/** PyTorch's Python, set up by the peers' script on first use; undefined where that script is not there. */
function torchPython(): string | undefined {
  const python = join(flags.torch, "bin/python");
  if (existsSync(python)) return python;
  const setup = join(PEERS, "setup-torch-cpu.sh");
  if (!existsSync(setup)) return undefined;
  process.stderr.write(`Setting PyTorch up in ${flags.torch}\n`);
  const { status } = spawnSync("bash", [setup, flags.torch], { stdio: ["ignore", 2, 2] });
  return status === 0 ? python : undefined;
}

async function contenders(): Promise<Contender[]> {
  const usable = new Set((await probeEngines()).filter((probe) => probe.usable).map(({ name }) => name as string));
  const child = fileURLToPath(new URL("./train-child.js", import.meta.url));
  const list: Contender[] = [];
  for (const name of flags.engines.split(",")) {
    if (usable.has(name)) {
      for (const decoder of flags.decoders.split(",")) {
        list.push({
          name: decoder === PEERS_DECODER ? name : `${name} ${decoder}`,
          command: (L) => [process.execPath, child, name, String(L), WARMUP, flags.steps, decoder],
        });
      }
    } else {
      process.stderr.write(`The engine ${name} is not usable here: see \`showtell doctor\`.\n`);
    }
  }
  const python = torchPython();
  if (!python) {
    process.stderr.write("PyTorch is not there: the engines' times only.\n");
    return list;
  }
  const peer = join(packageRoot(), "bench/pytorch_step.py");
  const common = ["--warmup", WARMUP, "--steps", flags.steps];
  list.push({ name: "pytorch", command: (L) => [python, peer, "--L", String(L), ...common] });
  return list;
}

const median = (sorted: number[]) => sorted[sorted.length >> 1];

const all = await contenders();
const results: Record<string, unknown>[] = [];
for (const L of flags.locations.split(",").map(Number)) {
  const times = new Map<string, number[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(flags.rounds); round++) {
    for (const { name, command } of all) {
      process.stderr.write(`L=${L}, round ${round + 1}/${flags.rounds}: ${name}\n`);
      times.get(name)?.push(...seconds(command(L)));
    }
  }
  const sorted = new Map([...times].map(([name, list]) => [name, list.toSorted((a, b) => a - b)]));
  const peer = sorted.get("pytorch");
  for (const [name, list] of sorted) {
    const compared = name === "pytorch" || name in TARGETS;
    const ratio = compared && peer && { min: list[0] / peer[0], median: median(list) / median(peer) };
    results.push({ L, name, min: list[0], median: median(list), steps: list.length, ratio, target: TARGETS[name] });
  }
}
if (flags.json) {
  process.stdout.write(`${JSON.stringify(results)}\n`);
} else {
  const rows = results.map((row) => {
    const { L, name, min, median, ratio, target } = row as {
      L: number;
      name: string;
      min: number;
      median: number;
      ratio?: { min: number; median: number };
      target?: number;
    };
    const times = ratio ? [ratio.min.toFixed(2), ratio.median.toFixed(2)] : ["", ""];
    return [String(L), name, min.toFixed(3), median.toFixed(3), ...times, target ? `${target}` : ""];
  });
  const header = ["L", "engine", "min s", "median s", "x PyTorch (min)", "(median)", "at most"];
  process.stdout.write(`${textTable(header, rows)}\n`);
}
