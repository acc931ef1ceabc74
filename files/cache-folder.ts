import { homedir } from "node:os";
import { join } from "node:path";

/** Where showtell keeps what can be made again: $SHOWTELL_CACHE, else $XDG_CACHE_HOME/showtell, else ~/.cache/showtell. */
export function cacheFolder(): string {
  const { SHOWTELL_CACHE, XDG_CACHE_HOME } = process.env;
  if (SHOWTELL_CACHE) return SHOWTELL_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "showtell");
}
