import { readdirSync, readFileSync } from "node:fs";

/** What a process, or several, hold of the machine. */
export interface Held {
  /** Bytes in memory. */
  memory: number;
  /** Open files, sockets and pipes. */
  handles: number;
  threads: number;
}

/** Processes that a process has started and that live; Linux alone. */
export function childrenOf(parent: number): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.map(Number).filter((pid) => field(pid, "PPid") === parent && field(pid, "VmRSS") !== undefined);
}

/** What processes hold together; those that end meanwhile count nothing. */
export function heldBy(pids: number[]): Held {
  const held: Held = { memory: 0, handles: 0, threads: 0 };
  for (const pid of pids) {
    try {
      held.handles += readdirSync(`/proc/${pid}/fd`).length;
      held.memory += (field(pid, "VmRSS") ?? 0) * 1024;
      held.threads += field(pid, "Threads") ?? 0;
    } catch {
      // It has ended.
    }
  }
  return held;
}

/** A number of /proc/PID/status; kibibytes where it is memory. */
function field(pid: number, name: string): number | undefined {
  try {
    const [, value] = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return value === undefined ? undefined : Number(value);
  } catch {
    return undefined;
  }
}
