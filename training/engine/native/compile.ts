import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { ShowtellError } from "../../../errors/index.js";
import { runChild } from "../../published/child.js";

/** Tried in this order; the last is PyPI's ziglang, a compiler that needs no administrator. */
const COMPILERS: [string, string[]][] = [
  ["g++", []],
  ["clang++", []],
  ["c++", []],
  ["python3", ["-m", "ziglang", "c++"]],
];

/** The addon, as tfjs-node looks for it below its own folder. */
export const ADDON = "lib/napi-v8/tfjs_binding.node";

/**
 * Compiles tfjs-node's addon against libtensorflow's C headers. N-API 8 is binary compatible with every Node from 16 on.
 * @returns the name of the compiler used
 * @throws ShowtellError ENGINE_COMPILE
 */
export async function compileAddon(folder: string, signal?: AbortSignal): Promise<string> {
  const sources = join(folder, "node_modules/@tensorflow/tfjs-node/binding");
  const files = (await readdir(sources)).filter((file) => file.endsWith(".cc")).map((file) => join(sources, file));
  const addon = join(folder, ADDON);
  await mkdir(join(addon, ".."), { recursive: true });
  const args = ["-O2", "-std=c++17", "-fPIC", "-shared", "-DNAPI_VERSION=8", `-I${join(folder, "build/include")}`];
  args.push(...files, "-o", addon);
  args.push(...["cc", "framework"].map((part) => join(folder, `deps/lib/libtensorflow_${part}.so.2`)));
  // Found beside the addon wherever the folder lies: nothing of the machine's own paths is written into it.
  args.push("-Wl,-rpath,$ORIGIN/../../deps/lib");
  const reasons: string[] = [];
  for (const [program, before] of COMPILERS) {
    const result = await runChild(program, [...before, ...args], { signal });
    if (result.code === 0) return [program, ...before].join(" ");
    if (result.code !== 127) reasons.push(`${program}: ${result.stderr.trim().split("\n").slice(-4).join(" ")}`);
  }
  throw new ShowtellError(
    "ENGINE_COMPILE",
    reasons.join("\n") || "There is no C++ compiler (g++, clang++ or ziglang).",
  );
}
