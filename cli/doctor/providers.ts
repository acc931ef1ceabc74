import { fileURLToPath } from "node:url";
import type { Section } from "./finding.js";

const ADVICE: Record<string, string> = {
  cpu: "Install the packages again: `npm ci`.",
  cuda: "For NVIDIA GPUs: `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`, with cuDNN 9 and CUDA 13 installed (CUDA 12 before onnxruntime 1.27).",
};

/** onnxruntime's execution providers, which captioning runs on: each opens a graph and computes. */
export async function providers(): Promise<Section> {
  const { runChild } = await import("../../training/published/child.js");
  const child = fileURLToPath(new URL("./provider-child.js", import.meta.url));
  const probes: { name: string; usable: boolean; reason?: string }[] = [];
  for (const name of ["cpu", "cuda", "webgpu"]) {
    const { code, signal, stderr } = await runChild(process.execPath, [child, name]);
    if (code === 0) probes.push({ name, usable: true });
    else probes.push({ name, usable: false, reason: firstLine(stderr) || `it ended with ${signal ?? code}` });
  }
  return {
    title: "Captioning (onnxruntime)",
    facts: probes,
    findings: probes.map(({ name, usable, reason }) => ({
      status: usable ? "ok" : name === "cpu" ? "no" : "note",
      subject: name,
      found: usable ? "opens a graph and computes rightly" : (reason ?? ""),
      ...(usable || !ADVICE[name] ? {} : { advice: ADVICE[name] }),
    })),
  };
}

const firstLine = (text: string) => text.trim().split("\n", 1)[0];
