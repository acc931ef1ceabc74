import type { Trunk } from "../backbone/index.js";
import { initializeParameters } from "../model/initialize.js";
import type { ParameterValues } from "../model/types.js";
import { loadWeights } from "./checkpoint.js";
import type { TrainingOptions } from "./options.js";
import type { PreparedRun } from "./prepare.js";
import { RunFolder } from "./run-folder.js";

/**
 * The values that a run starts with: drawn at random, or the best of the run that `from` names; of a backbone that is now
 * tuned for the first time, those with which it came, and where a teacher has tuned it, the teacher's.
 *
 * @throws ShowtellError RUN_INVALID, CHECKPOINT_INVALID
 */
export async function firstValues(
  { decoder, config, trunk }: Pick<PreparedRun, "decoder" | "config" | "trunk">,
  {
    from,
    teacher,
    seed,
    objective,
    sharpening,
  }: Pick<TrainingOptions, "from" | "teacher" | "seed" | "objective" | "sharpening">,
): Promise<ParameterValues> {
  const specs = decoder.parameters(config);
  if (from === undefined) return initializeParameters(specs, seed, trunk && (await tunedBy(teacher?.[0], trunk)));
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

async function tunedBy(teacher: string | undefined, { specs, values }: Trunk): Promise<ParameterValues> {
  if (teacher === undefined) return values;
  const folder = new RunFolder(teacher);
  const { captioner } = await folder.readDescription();
  return captioner.trunk ? (await loadWeights(folder.best(), specs)).values : values;
}
