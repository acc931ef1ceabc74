import { writeFile } from "node:fs/promises";
import { saveWeights } from "../training/learn/checkpoint.js";
import { TrainingOptions } from "../training/learn/options.js";
import { type RunDescription, RunFolder } from "../training/learn/run-folder.js";
import type { ParameterSpec, ParameterValues } from "../training/model/types.js";
import { toTokenizerJson, type Vocabulary } from "../training/text/index.js";

/** A run folder with given weights as its best ones: as far as other runs read it. */
export async function writeRun(
  path: string,
  captioner: RunDescription["captioner"],
  weights: { specs: ParameterSpec[]; values: ParameterValues },
  { vocabulary, ...given }: { vocabulary?: Vocabulary } & Partial<RunDescription> = {},
): Promise<void> {
  const run = new RunFolder(path);
  await run.writeDescription({
    formatVersion: 1,
    options: TrainingOptions.parse({ dataset: "photos" }),
    engine: "",
    dataset: { name: "", format: "", trainImages: 1, validationImages: 1, captions: 1 },
    backbone: { name: "", layer: "", weightsSha256: "", notices: [] },
    captioner,
    ...given,
  });
  if (vocabulary) await writeFile(run.tokenizer(), toTokenizerJson(vocabulary));
  const progress = { epoch: 0, stepInEpoch: 0, step: 1, entropySum: 0, bestScore: 0, bestEpoch: 0, logBytes: 0 };
  await saveWeights(run.best(), weights.values, weights.specs, { ...progress, fingerprint: "" });
}
