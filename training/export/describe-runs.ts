import { sha256 } from "../../files/hash.js";
import { MANIFEST_SCHEMA_ID, type Manifest } from "../../runtime/core/index.js";
import type { OpenRun } from "./open-run.js";
import { stageRecord, stagesOf } from "./stages.js";

/** What a manifest says of the runs that made a model: of one, or of the members of an ensemble. */
export async function describeRuns(
  runs: readonly OpenRun[],
  { name, notices = [] }: { name: string; notices?: string[] },
): Promise<
  Pick<
    Manifest,
    "$schema" | "formatVersion" | "name" | "description" | "licence" | "backbone" | "preprocessing" | "training"
  >
> {
  const [{ backbone, captioner, description, progress }] = runs as [OpenRun];
  const { dataset, engine } = description;
  const decoders = [...new Set(runs.map((run) => run.captioner.config.decoder))].join(" and ");
  const what = runs.length === 1 ? "Image captioner" : `Image captioner, an ensemble of ${runs.length}`;
  const names = [...new Set(runs.map((run) => run.backbone.name))].join(" and ");
  const weights = [...new Set(runs.map((run) => run.backbone.weightsSha256))];
  const { stages, runs: members } = await stagesOf(runs.map(({ path }) => path));
  return {
    $schema: MANIFEST_SCHEMA_ID,
    formatVersion: 1,
    name,
    description: `${what}: ${names} features, ${decoders} LSTM, trained on ${dataset.name} with showtell.`,
    licence: {
      model: "Apache-2.0",
      notices: [...new Set([...runs.flatMap((run) => run.backbone.notices), ...notices])],
    },
    backbone: {
      name: names,
      layer: backbone.layer,
      // Of members with backbones of their own, one hash for all of them.
      weightsSha256: weights.length === 1 ? weights[0]! : sha256(Buffer.from(weights.join(), "utf8")),
      featureShape: {
        locations: captioner.config.locations,
        channels: captioner.config.channels,
        grid: [...backbone.grid],
      },
    },
    preprocessing: { width: backbone.input.width, height: backbone.input.height, resize: backbone.input.resize },
    training: {
      dataset: dataset.name,
      images: Math.max(...stages.map((stage) => stage.run.dataset.trainImages)),
      captions: Math.max(...stages.map((stage) => stage.run.dataset.captions)),
      engine,
      ...(runs.length === 1
        ? {
            steps: progress.step,
            epoch: progress.bestEpoch + 1,
            validation: { "CIDEr-D": progress.bestScore },
          }
        : { members }),
      stages: stages.map(stageRecord),
    },
  };
}
