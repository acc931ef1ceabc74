import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a whole command took. */
export interface Usage {
  /** From start to end, seconds. */
  wall: number;
  /** Of all threads, seconds. */
  cpu: number;
  /** Largest resident memory, bytes. */
  peak: number;
}

const REPORTER = new URL("./report-usage.js", import.meta.url).href;

/** Runs a compiled script in a Node of its own. */
export function runNode(script: URL, args: string[]): Promise<Usage> {
  return run(process.execPath, ["--import", REPORTER, fileURLToPath(script), ...args]);
}

/** Runs a module of Python, as `python -m MODULE ARGS` does. */
export function runPython(python: string, module: string, args: string[]): Promise<Usage> {
  const report = [
    "import atexit, json, os, resource, runpy, sys",
    "def report():",
    "    used = resource.getrusage(resource.RUSAGE_SELF)",
    "    os.write(3, json.dumps({'cpu': used.ru_utime + used.ru_stime, 'peak': used.ru_maxrss * 1024}).encode())",
    "atexit.register(report)",
    `sys.argv = ${JSON.stringify([module, ...args])}`,
    `runpy.run_module(${JSON.stringify(module)}, run_name='__main__')`,
  ];
  return run(python, ["-c", report.join("\n")]);
}

/** Runs a program that writes {"cpu", "peak"} into its file 3 before it ends. */
function run(program: string, args: string[]): Promise<Usage> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe", "pipe"] });
    let [said, report] = ["", ""];
    child.stderr?.on("data", (part) => {
      said += part;
    });
    child.stdio[3]?.on("data", (part) => {
      report += part;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      const wall = (performance.now() - started) / 1000;
      if (code === 0) resolve({ wall, ...(JSON.parse(report) as Omit<Usage, "wall">) });
      else reject(new Error(`${program} failed: ${said.trim().split("\n").slice(-3).join(" ")}`));
    });
  });
}
