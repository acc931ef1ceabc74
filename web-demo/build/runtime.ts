import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const compiled = fileURLToPath(new URL("../../", import.meta.url));
const { resolve } = createRequire(import.meta.url);
const ortFolder = dirname(resolve("onnxruntime-web"));

/** onnxruntime's binaries by provider, under the names by which its code asks for them beside itself. */
export const ORT_BINARIES = {
  wasm: "ort-wasm-simd-threaded.wasm",
  webgpu: "ort-wasm-simd-threaded.asyncify.wasm",
} as const;

/** Settings for all bundles: modules for today's browsers, no source maps, notices of licences kept at the end. */
export const BUNDLE = {
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  legalComments: "eof",
  logLevel: "warning",
} as const;

/**
 * Writes the browser runtime as files for a plain `<script type="module">`: index.js, its two workers, brotli.js for
 * browsers that do not unpack Brotli, and the binaries of both. They must lie in one folder.
 */
export async function bundleRuntime(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const runtime = ["index", "wasm-worker", "webgpu-worker"].map((name) => join(compiled, "runtime/web", `${name}.js`));
  const entryPoints = [...runtime, join(compiled, "web-demo/page/brotli.js")];
  await build({ ...BUNDLE, entryPoints, outdir: folder, entryNames: "[name]" });
  const decoder = await readFile(join(dirname(resolve("brotli-dec-wasm/web")), "brotli_dec_wasm_bg.wasm"));
  await writeFile(join(folder, "brotli.wasm.gz"), gzipSync(decoder, { level: 9 }));
  for (const name of Object.values(ORT_BINARIES)) await copyFile(join(ortFolder, name), join(folder, name));
}

/** Size and hash of a file, as the runtime checks them. */
export async function describeFile(path: string): Promise<{ bytes: number; sha256: string }> {
  const content = await readFile(path);
  return { bytes: content.length, sha256: createHash("sha256").update(content).digest("hex") };
}
