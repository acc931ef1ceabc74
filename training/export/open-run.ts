import { readFile } from "node:fs/promises";
import { ShowtellError } from "../../errors/index.js";
import { type Backbone, openBackbone, openTunable, tuned } from "../backbone/index.js";
import { loadWeights, type Progress } from "../learn/checkpoint.js";
import { type RunDescription, RunFolder } from "../learn/run-folder.js";
import { decoderByName } from "../model/registry.js";
import type { Captioner } from "./graphs.js";

/** A run as far as it is exported. */
export interface OpenRun {
  path: string;
  description: RunDescription;
  /** With its best weights. */
  captioner: Captioner;
  /** With the weights that the run has tuned. */
  backbone: Backbone;
  progress: Progress;
  tokenizerJson: string;
}

/** @throws ShowtellError RUN_INVALID, CHECKPOINT_INVALID; as openBackbone */
export async function openRun(path: string): Promise<OpenRun> {
  const folder = new RunFolder(path);
  const description = await folder.readDescription();
  const { backbone: spec, weights, layer, normalize } = description.options;
  const { trunk: tunedPart, ...config } = description.captioner;
  const given = { weights, layer, normalize };
  const { whole, trunk } = tunedPart
    ? await openTunable(spec, given, tunedPart.stage)
    : { whole: await openBackbone(spec, given), trunk: undefined };
  if (whole.weightsSha256 !== description.backbone.weightsSha256) {
    throw new ShowtellError("RUN_INVALID", `The weights of ${spec} are not those that ${path} was trained on.`);
  }
  const decoder = decoderByName(config.decoder);
  const specs = decoder.parameters(config);
  const { values, progress } = await loadWeights(folder.best(), [...specs, ...(trunk?.specs ?? [])]);
  return {
    path,
    description,
    captioner: { decoder, config, specs, values },
    backbone: trunk ? tuned(whole, trunk.specs, values) : whole,
    progress,
    tokenizerJson: await readFile(folder.tokenizer(), "utf8"),
  };
}

/**
 * Runs that write together: with one vocabulary, on pictures of one size, looking at one grid.
 * @throws ShowtellError USAGE where they do not fit together; as openRun
 */
export async function openRuns(paths: readonly string[]): Promise<OpenRun[]> {
  const runs: OpenRun[] = [];
  for (const path of paths) runs.push(await openRun(path));
  const [first] = runs as [OpenRun];
  for (const run of runs) {
    const differing = DIFFERENCES.find(([, read]) => read(run) !== read(first));
    if (!differing) continue;
    throw new ShowtellError("USAGE", `${run.path} and ${first.path} cannot write together: ${differing[0]} differs.`);
  }
  return runs;
}

/** What the runs of an ensemble must have in common. */
const DIFFERENCES: [what: string, read: (run: OpenRun) => string][] = [
  ["the vocabulary", ({ tokenizerJson }) => tokenizerJson],
  ["the size of the pictures that they read", ({ backbone: { input } }) => JSON.stringify(input)],
  ["the grid that they look at", ({ backbone: { grid } }) => grid.join("x")],
];
