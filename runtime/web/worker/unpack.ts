import type { BrotliModule } from "../types.js";

/** Compressed forms of a file, by what its name ends with. */
export type Form = "br" | "gz";

/**
 * What unpacks a form; undefined where neither this browser nor the module can.
 * @param brotli address of a BrotliModule
 */
export async function unpacker(form: Form, brotli?: string) {
  try {
    return new DecompressionStream((form === "br" ? "brotli" : "gzip") as CompressionFormat);
  } catch {
    if (form !== "br" || !brotli) return undefined;
  }
  try {
    const module: BrotliModule = await import(/* @vite-ignore */ /* webpackIgnore: true */ brotli);
    return await module.default();
  } catch {
    // Without it there is still gzip.
    return undefined;
  }
}
