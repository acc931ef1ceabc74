import type { Device, Provider } from "./types.js";

/** A provider that was not taken, and why. */
export interface PassedOver {
  provider: Provider;
  reason: string;
}

/**
 * The providers to try in turn, and why WebGPU is not among them where it is not. A software adapter is passed over by
 * "auto": WebAssembly does the same sums faster.
 */
export async function providersToTry(device: Device): Promise<{ order: Provider[]; passed: PassedOver[] }> {
  if (device === "wasm") return { order: ["wasm"], passed: [] };
  if (device === "webgpu") return { order: ["webgpu"], passed: [] };
  const reason = await whyNoWebGpu();
  if (reason === undefined) return { order: ["webgpu", "wasm"], passed: [] };
  return { order: ["wasm"], passed: [{ provider: "webgpu", reason }] };
}

async function whyNoWebGpu(): Promise<string | undefined> {
  if (!("gpu" in navigator)) return "this browser has no WebGPU";
  try {
    const adapter = await navigator.gpu.requestAdapter();
    if (!adapter) return "no graphics adapter was found";
    return adapter.info.isFallbackAdapter ? "the graphics adapter is emulated in software" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
