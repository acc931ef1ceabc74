import type { EngineProbe } from "../../training/engine/index.js";
import type { Section } from "./finding.js";

/** The TensorFlow.js engines, which training runs on: each started and tried. */
export async function engines(): Promise<Section> {
  const { probeEngines } = await import("../../training/engine/index.js");
  const probes = await probeEngines();
  const best = probes.find(({ usable }) => usable)?.name;
  return {
    title: "Training engines (TensorFlow.js)",
    facts: probes,
    findings: probes.map((probe) => ({
      // One engine is enough; plain wasm and cpu must always be there.
      status: probe.usable ? "ok" : probe.name === "wasm" || probe.name === "cpu" ? "no" : "note",
      subject: probe.name + (probe.name === best ? " (taken)" : ""),
      found: probe.usable
        ? `${probe.description}, ${probe.gigaflops?.toPrecision(2)} GFLOP/s`
        : `${probe.title}: ${probe.reason}`,
      ...advise(probe),
    })),
  };
}

function advise({ name, usable, reason = "" }: EngineProbe): { advice?: string } {
  if (usable || name === "cpu") return {};
  if (name === "wasm") return { advice: "Install the packages again: `npm ci`." };
  const flag = name === "cuda" ? " --cuda" : "";
  if (name === "cuda" && reason.includes("driver")) return {};
  if (process.platform !== "linux" || process.arch !== "x64") {
    return { advice: `\`npm install @tensorflow/tfjs-node${name === "cuda" ? "-gpu" : ""}\` in your project.` };
  }
  if (reason.startsWith("not installed")) return { advice: `\`showtell engine install${flag}\` trains faster.` };
  return { advice: `\`showtell engine remove\`, then \`showtell engine install${flag}\`.` };
}
