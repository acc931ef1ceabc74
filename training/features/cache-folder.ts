import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { sha256 } from "../../files/hash.js";
import type { Backbone } from "../backbone/index.js";

/** Raised whenever the bytes in a cache would mean something else. */
const FORMAT_VERSION = 1;

/** $SHOWTELL_CACHE, or `showtell` in $XDG_CACHE_HOME or ~/.cache; below it `features`. */
export function defaultCacheFolder(): string {
  const { SHOWTELL_CACHE, XDG_CACHE_HOME } = process.env;
  return resolve(SHOWTELL_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "showtell"), "features");
}

/** All that decides the features of a given image. */
export function describeFeatures(backbone: Backbone, mirrored = false): Record<string, unknown> {
  const { name, layer, weightsSha256, normalization, input, grid, channels } = backbone;
  const { width, height, resize } = input;
  return {
    formatVersion: FORMAT_VERSION,
    backbone: name,
    layer,
    weightsSha256,
    normalization,
    preprocessing: { width, height, resize },
    grid: [...grid],
    channels,
    dtype: "float16",
    ...(mirrored && { mirrored }),
  };
}

/** Name of the folder that holds one backbone's features: readable, and different for whatever changes the values. */
export function featureFolderName(backbone: Backbone, mirrored = false): string {
  const readable = `${backbone.name}-${backbone.layer}`.replace(/[^A-Za-z0-9._-]+/g, "_").slice(0, 80);
  return `${readable}-${sha256(JSON.stringify(describeFeatures(backbone, mirrored))).slice(0, 16)}`;
}
