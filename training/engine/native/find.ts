import { createRequire } from "node:module";
import { join } from "node:path";
import { packageRoot } from "../../../files/package-root.js";
import { findInstallation } from "./cache.js";
import type { NativeSource } from "./load.js";
import { RECIPES } from "./recipe.js";

/** What can be loaded for a native engine, best first: the cache's installation, then a package that the user installed. */
export function findNative(variant: "cpu" | "cuda"): { source: NativeSource; title: string }[] {
  const found: { source: NativeSource; title: string }[] = [];
  const installed = findInstallation(RECIPES[variant]);
  if (installed) {
    found.push({
      source: { folder: installed.folder },
      title: `tfjs-node ${installed.installation.tfjs} on TensorFlow ${installed.installation.tensorflow}`,
    });
  }
  const name = variant === "cuda" ? "@tensorflow/tfjs-node-gpu" : "@tensorflow/tfjs-node";
  for (const from of [join(process.cwd(), "package.json"), join(packageRoot(), "package.json")]) {
    try {
      createRequire(from).resolve(name);
      found.push({ source: { package: name, from }, title: `${name} as installed in the project` });
      break;
    } catch {
      // Not installed there.
    }
  }
  return found;
}
