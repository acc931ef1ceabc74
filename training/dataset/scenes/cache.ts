import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where rendered scenes of a version are kept: below $SHOWTELL_CACHE, $XDG_CACHE_HOME/showtell or ~/.cache/showtell. */
export function scenesCacheFolder(version: string): string {
  const { SHOWTELL_CACHE, XDG_CACHE_HOME } = process.env;
  const cache = SHOWTELL_CACHE || join(XDG_CACHE_HOME || join(homedir(), ".cache"), "showtell");
  return resolve(cache, "scenes", version);
}
