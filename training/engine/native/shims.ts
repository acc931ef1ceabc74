import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ADDON } from "./compile.js";

/** Global symbol under which the loader lays the tfjs instance that tfjs-node shall use. */
export const TFJS_SYMBOL = "showtell.tfjs";

/**
 * Two small packages beside tfjs-node: `@tensorflow/tfjs` hands on the very instance that the rest of the process imports
 * (one kernel and gradient registry, one Tensor class), and `@mapbox/node-pre-gyp` names the addon that was compiled here.
 */
export async function writeShims(folder: string): Promise<void> {
  const tfjs = `module.exports = globalThis[Symbol.for("${TFJS_SYMBOL}")];\n`;
  const files: Record<string, string> = {
    "node_modules/@tensorflow/tfjs/index.js": tfjs,
    // The union package exports all of tfjs-core.
    "node_modules/@tensorflow/tfjs-core/index.js": tfjs,
    "node_modules/@mapbox/node-pre-gyp/index.js": `exports.find = () => require("node:path").join(__dirname, "../../../${ADDON}");\n`,
  };
  for (const [file, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
}
