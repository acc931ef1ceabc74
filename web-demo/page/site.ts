import type { RuntimeFile } from "../../runtime/web/types.js";

/** What the build knows of the site's files. */
export interface Site {
  models: { name: string; url: string }[];
  runtime: { wasm: RuntimeFile; webgpu: RuntimeFile };
  /** Address of the module that unpacks Brotli. */
  brotli: string;
  compressed: ("br" | "gz")[];
  /**
   * Bytes that go over the wire before the first caption, in WebAssembly, by model: in browsers that unpack Brotli, and in
   * the others, which load a decoder first and then the binary in Brotli, the model in gzip.
   */
  download: Record<string, Record<"brotli" | "other", number>>;
  samples: { file: string; small: string; name: string }[];
}

declare const SITE: Site;

/** Written into the script by the build. */
export const site: Site = SITE;
