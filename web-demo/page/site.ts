import type { RuntimeFile } from "../../runtime/web/types.js";

/** What the build knows of the site's files. */
export interface Site {
  models: { name: string; url: string }[];
  runtime: { wasm: RuntimeFile; webgpu: RuntimeFile };
  compressed: ("br" | "gz")[];
  /** Bytes that go over the wire before the first caption, in WebAssembly, by model and compressed form. */
  download: Record<string, Record<"br" | "gz", number>>;
  samples: { file: string; small: string; name: string }[];
}

declare const SITE: Site;

/** Written into the script by the build. */
export const site: Site = SITE;
