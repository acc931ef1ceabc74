import { ShowtellError } from "../../errors/index.js";
import { type FetchEvents, openBackbone, openTunable } from "../backbone/index.js";
import { fineTuned } from "../model/fine-tuned.js";
import { decoderByName } from "../model/registry.js";
import type { TrainingOptions } from "./options.js";
import { RunFolder } from "./run-folder.js";

/**
 * The backbone up to its features, its part whose values are cached, and the decoder, which holds the part of the backbone
 * that is trained.
 *
 * @throws ShowtellError USAGE where the run named by `from`, or its first teacher, was fine-tuned elsewhere, ENGINE_UNAVAILABLE; as openBackbone
 */
export async function openModel(options: TrainingOptions, events: FetchEvents = {}) {
  const { backbone: spec, weights, layer, normalize, fineTune } = options;
  const opening = { weights, layer, normalize, ...events };
  const decoder = decoderByName(options.decoder);
  const from = options.from ?? options.teacher?.[0];
  const before = from === undefined ? undefined : (await new RunFolder(from).readDescription()).captioner.trunk;
  if (fineTune === undefined) {
    if (before) throw otherStage(from!, before.stage);
    const backbone = await openBackbone(spec, opening);
    return { backbone, lower: backbone, trunk: undefined, decoder };
  }
  const { whole, lower, trunk } = await openTunable(spec, opening, fineTune);
  if (before && before.stage !== trunk.stage) throw otherStage(from!, before.stage);
  const missing = trunk.missingKernels();
  if (missing.length > 0) {
    throw new ShowtellError(
      "ENGINE_UNAVAILABLE",
      `This engine cannot train a backbone: it has no ${missing.join(", ")}.`,
    );
  }
  return { backbone: whole, lower, trunk, decoder: fineTuned(decoder, trunk) };
}

function otherStage(run: string, stage: string): ShowtellError {
  return new ShowtellError(
    "USAGE",
    `The backbone of ${run} was trained from ${stage} on: go on with --fine-tune ${stage} (--backbone-learning-rate 0 leaves it as it is).`,
  );
}
