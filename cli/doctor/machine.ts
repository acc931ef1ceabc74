import { readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, freemem, platform, totalmem } from "node:os";
import type { Section } from "./finding.js";

/** Instruction sets that TensorFlow, onnxruntime and WebAssembly gain from. */
const FEATURES = ["sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "amx_tile", "asimd", "sve"];

/** Node 20.19 is the first that package.json allows. */
const OLDEST: [number, number] = [20, 19];

const GB = 1e9;

/** Node, processor and memory. */
export async function machine(): Promise<Section> {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const current = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  const model = cpus()[0]?.model.trim() ?? "unknown";
  const features = cpuFeatures();
  const threads = availableParallelism();
  // A container's limit, where there is one.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const total = Math.min(totalmem(), limit);
  const free = Math.min(freemem(), total);
  return {
    title: "Machine",
    facts: {
      node: { version: process.versions.node, platform: platform(), arch: arch() },
      cpu: { model, features, threads },
      memory: { totalBytes: total, freeBytes: free },
    },
    findings: [
      {
        status: current ? "ok" : "no",
        subject: "Node",
        found: `${process.versions.node} on ${platform()} ${arch()}`,
        ...(current ? {} : { advice: `Install Node ${OLDEST.join(".")} or newer.` }),
      },
      { status: "ok", subject: "processor", found: `${model}, ${threads} threads${list(features)}` },
      {
        status: free < 1.5 * GB ? "note" : "ok",
        subject: "memory",
        found: `${(free / GB).toFixed(1)} of ${(total / GB).toFixed(1)} GB free`,
        ...(free < 1.5 * GB ? { advice: "Training needs about 1.5 GB: close something, or use a smaller batch." } : {}),
      },
    ],
  };
}

const list = (features: string[]) => (features.length > 0 ? `: ${features.join(", ")}` : "");

/** What the processor can do, where the system tells (Linux). */
function cpuFeatures(): string[] {
  try {
    const line = readFileSync("/proc/cpuinfo", "utf8").match(/^(?:flags|Features)\s*:\s*(.*)$/m)?.[1] ?? "";
    const flags = new Set(line.split(" "));
    return FEATURES.filter((feature) => flags.has(feature));
  } catch {
    return [];
  }
}
