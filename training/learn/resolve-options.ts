import { ShowtellError } from "../../errors/index.js";
import { optionsFingerprint, TrainingOptions } from "./options.js";
import { RunFolder } from "./run-folder.js";

/**
 * Other defaults of self-critical training (docs/training compares its rates). What is drawn without dropout must be learnt
 * without it too; captions drawn from flatter logits made those of Flickr8k worse.
 */
const SELF_CRITICAL: Partial<TrainingOptions> = {
  learningRate: 1.5e-4,
  backboneLearningRate: 0,
  epochs: 5,
  warmupSteps: 50,
  attentionWeight: 0,
  featureDropout: 0,
  stateDropout: 0,
  outputDropout: 0,
  averageDecay: 0.99,
};

/** What a run takes over from the one that it starts from, unless it is told otherwise: what is read, and all sizes. */
export const INHERITED = [
  "dataset",
  "format",
  "images",
  "backbone",
  "weights",
  "layer",
  "normalize",
  "fineTune",
  "decoder",
  "featureSize",
  "attentionSize",
  "embeddingSize",
  "hiddenSize",
  "maxLength",
] as const satisfies (keyof TrainingOptions)[];

/** What a run takes over from its first teacher: what is read, not what it is made of. */
export const TAUGHT: readonly (keyof TrainingOptions)[] = INHERITED.filter(
  (name) => !["decoder", "featureSize", "attentionSize", "embeddingSize", "hiddenSize"].includes(name),
);

/** A backbone stays as the teacher has it, where nobody asks to train it. */
const STUDENT: Partial<TrainingOptions> = { backboneLearningRate: 0 };

/**
 * The options of a run: those given, with the defaults of their objective, or with what the run named by `from` was trained with; on resuming those of the run, where given ones may only say the same
 * (more epochs and more patience excepted).
 *
 * @throws ShowtellError USAGE for a value that does not fit, CHECKPOINT_INVALID where the run was started with others
 */
export async function resolveOptions(
  folder: RunFolder,
  given: Record<string, unknown>,
  resume: boolean,
): Promise<TrainingOptions> {
  if (!resume || !folder.exists()) {
    return parse({ ...defaultsOf(given), ...(await inherited(given)), ...given });
  }
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

/** Where the defaults of an objective, or of one who learns from a teacher, differ from those of cross-entropy. */
export function defaultsOf({ objective, teacher, fineTune }: Record<string, unknown>): Partial<TrainingOptions> {
  if (objective === "self-critical") return SELF_CRITICAL;
  return teacher === undefined || fineTune !== undefined ? {} : STUDENT;
}

async function inherited({ from, teacher }: Record<string, unknown>): Promise<Partial<TrainingOptions>> {
  const first = Array.isArray(teacher) ? teacher[0] : undefined;
  const [source, names] = typeof from === "string" ? [from, INHERITED] : [first, TAUGHT];
  if (source === undefined) return {};
  const { options } = await new RunFolder(source).readDescription();
  return Object.fromEntries(names.map((name) => [name, options[name]]));
}

function parse(values: Record<string, unknown>): TrainingOptions {
  const parsed = TrainingOptions.safeParse(values);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  const name = String(path[0]);
  throw new ShowtellError("USAGE", name in values ? `${name}: ${message}.` : `The option ${name} is missing.`);
}
