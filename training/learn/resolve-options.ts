import { ShowtellError } from "../../errors/index.js";
import { optionsFingerprint, TrainingOptions } from "./options.js";
import type { RunFolder } from "./run-folder.js";

/**
 * The options of a run: those given, with defaults; on resuming those of the run, where given ones may only say the same
 * (more epochs and more patience excepted).
 *
 * @throws ShowtellError USAGE for a value that does not fit, CHECKPOINT_INVALID where the run was started with others
 */
export async function resolveOptions(
  folder: RunFolder,
  given: Record<string, unknown>,
  resume: boolean,
): Promise<TrainingOptions> {
  if (!resume || !folder.exists()) return parse(given);
  const { options } = await folder.readDescription();
  const merged = parse({ ...options, ...given });
  if (optionsFingerprint(merged) !== optionsFingerprint(options)) {
    const changed = Object.keys(given).filter(
      (name) => given[name] !== (options as Record<string, unknown>)[name] && name !== "epochs" && name !== "patience",
    );
    throw new ShowtellError(
      "CHECKPOINT_INVALID",
      `The run in ${folder.path} was started with another value of: ${changed.join(", ")}.`,
    );
  }
  return merged;
}

function parse(values: Record<string, unknown>): TrainingOptions {
  const parsed = TrainingOptions.safeParse(values);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = String(path[0]);
  throw new ShowtellError("USAGE", name in values ? `${name}: ${message}.` : `The option ${name} is missing.`);
}
