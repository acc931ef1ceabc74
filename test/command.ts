import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../cli/main.js", import.meta.url));

export interface Finished {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  input?: Uint8Array;
  /** Largest file that the process may write, in the blocks of `ulimit -f`: 512 or 1024 bytes, as the shell has it. */
  fileBlocks?: number;
  /** Called with all of stderr so far, at each piece. */
  onStderr?(text: string, child: ChildProcess): void;
}

/** Runs `showtell` as a user does, in a process of its own. */
export function showtell(args: string[], options: CommandOptions = {}): Promise<Finished> {
  const { cwd, env, fileBlocks } = options;
  const limited = fileBlocks === undefined ? [] : ["sh", "-c", `ulimit -f ${fileBlocks} && exec "$@"`, "sh"];
  const [program, ...rest] = [...limited, process.execPath, main, ...args] as [string, ...string[]];
  const child = spawn(program, rest, { cwd, env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
    options.onStderr?.(stderr, child);
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
