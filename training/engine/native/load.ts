import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { TFJS_SYMBOL } from "./shims.js";

const require = createRequire(import.meta.url);

/** Set before libtensorflow is loaded: oneDNN's kernels (1.7 times faster here, off by default on AVX2), and no chatter. */
function setEnvironment(): void {
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  // 3: no errors either; what fails comes back as an exception, and the CUDA library reports harmless ones as it loads.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "3";
  // With one thread oneDNN's AVX2 products (sgemm_nocopy) do not survive a signal: the heap is damaged on Ctrl-C.
  if (availableParallelism() === 1) process.env.TF_NUM_INTRAOP_THREADS ??= "2";
}

/** tfjs-node calls two functions of `util` that Node 22 warns about and Node 23 took out. */
function restoreUtil(): void {
  const util = require("node:util") as Record<string, unknown>;
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}

interface NativeBackend {
  isUsingGpuDevice: boolean;
}

/** How a native engine is loaded: an installation's folder, or a package that the user installed. */
export type NativeSource = { folder: string } | { package: string; from: string };

/**
 * Loads tfjs-node and registers its "tensorflow" back end with the tfjs instance of this process.
 * @throws whatever loading throws: no addon, a missing library, another glibc
 */
export function loadNative(source: NativeSource, options: { gpu: boolean }): void {
  setEnvironment();
  if (!options.gpu) process.env.CUDA_VISIBLE_DEVICES = "-1";
  restoreUtil();
  const tfjs = require("@tensorflow/tfjs") as typeof import("@tensorflow/tfjs");
  (globalThis as Record<symbol, unknown>)[Symbol.for(TFJS_SYMBOL)] = tfjs;
  if ("folder" in source) require(join(source.folder, "node_modules/@tensorflow/tfjs-node"));
  else createRequire(source.from)(source.package);
}

/**
 * Loads the first candidate that works. A back end that is loaded already is kept: libtensorflow is loaded once a process.
 * @returns the candidate's title
 * @throws Error with every candidate's reason
 */
export function loadFirst(candidates: { source: NativeSource; title: string }[], options: { gpu: boolean }): string {
  if (loaded !== undefined) return loaded;
  const reasons: string[] = [];
  for (const { source, title } of candidates) {
    try {
      loadNative(source, options);
      loaded = title;
      return title;
    } catch (error) {
      reasons.push(`${title}: ${error instanceof Error ? error.message.split("\n", 1)[0] : error}`);
    }
  }
  throw new Error(reasons.join("; ") || "not installed");
}

let loaded: string | undefined;

/** Whether the loaded back end computes on a GPU. */
export function usesGpu(tfjs: typeof import("@tensorflow/tfjs")): boolean {
  return (tfjs.findBackend("tensorflow") as unknown as NativeBackend | null)?.isUsingGpuDevice === true;
}
