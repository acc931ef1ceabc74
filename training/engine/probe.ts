import { fileURLToPath } from "node:url";
import { runChild } from "../published/child.js";
import type { EngineName } from "./engine.js";
import { ENGINES } from "./registry.js";

/** Whether an engine works here, tried for real. */
export interface EngineProbe {
  name: EngineName;
  title: string;
  usable: boolean;
  /** Why it is not usable. */
  reason?: string;
  /** What computes, where it is usable. */
  description?: string;
  threads?: number;
  /** Speed of a 1024 x 1024 matrix product (256 x 256 in plain JavaScript), in 10^9 operations a second. */
  gigaflops?: number;
}

/** Starts every engine in a process of its own, one after the other, and lets it compute. */
export async function probeEngines(signal?: AbortSignal): Promise<EngineProbe[]> {
  const child = fileURLToPath(new URL("./probe-child.js", import.meta.url));
  const probes: EngineProbe[] = [];
  for (const { name, title, missing } of ENGINES) {
    const reason = await missing();
    if (reason !== undefined) {
      probes.push({ name, title, usable: false, reason });
      continue;
    }
    const { code, signal: killed, stdout, stderr } = await runChild(process.execPath, [child, name], { signal });
    if (code === 0) probes.push({ name, title, usable: true, ...(JSON.parse(stdout) as object) });
    else probes.push({ name, title, usable: false, reason: stderr.trim() || `it ended with ${killed ?? code}` });
  }
  return probes;
}
