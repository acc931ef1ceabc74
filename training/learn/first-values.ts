import { initializeParameters } from "../model/initialize.js";
import type { ParameterValues } from "../model/types.js";
import { loadWeights } from "./checkpoint.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { RunFolder } from "./run-folder.js";

/**
 * The values that a run starts with: drawn at random, or the best of the run that `from` names; of a backbone that is now
 * tuned for the first time, those with which it came.
 *
 * @throws ShowtellError RUN_INVALID, CHECKPOINT_INVALID
 */
export async function firstValues(
  { decoder, config, trunk }: Pick<PreparedRun, "decoder" | "config" | "trunk">,
  { from, seed, objective, sharpening }: Pick<TrainingOptions, "from" | "seed" | "objective" | "sharpening">,
): Promise<ParameterValues> {
  const specs = decoder.parameters(config);
  if (from === undefined) return initializeParameters(specs, seed, trunk?.values);
  const before = new RunFolder(from);
  const { captioner, options } = await before.readDescription();
  const stored = captioner.trunk ? specs : specs.filter(({ initializer }) => initializer !== "given");
  const values = { ...trunk?.values, ...(await loadWeights(before.best(), stored)).values };
  // Logits that were sharpened once, before a self-critical run, are sharp.
  if (objective !== "self-critical" || options.objective === objective) return values;
  // Label smoothing gives a tenth of the mass to words at random: drawn, they would teach to write less.
  const sharpened = decoder.logits.map((name) => [name, values[name].map((value) => value * sharpening)]);
  return { ...values, ...Object.fromEntries(sharpened) };
}
