import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import type { ParameterSpec, ParameterValues } from "../model/types.js";
import { openSafetensors } from "../weights/safetensors.js";
import { safetensorsMetadata, safetensorsParts } from "../weights/safetensors-write.js";
import type { WeightFile } from "../weights/types.js";
import type { AdamState } from "./adam/adam.js";

/** Where a run stands. */
export const Progress = z.object({
  /** Epoch under way, from 0. */
  epoch: z.int(),
  /** Steps of it that are done. */
  stepInEpoch: z.int(),
  /** Steps of Adam since the start. */
  step: z.int(),
  /** Sum over the epoch's steps so far of the cross-entropy. */
  entropySum: z.number(),
  bestScore: z.number(),
  bestEpoch: z.int(),
  /** Bytes of log.jsonl that belong to this state. */
  logBytes: z.int(),
  /** Fingerprint of the run's options. */
  fingerprint: z.string(),
});
export type Progress = z.infer<typeof Progress>;

const PARTS = ["values", "mean", "variance", "average"] as const;

/** Writes weights, optimiser and progress as one safetensors file, beside and renamed. */
export async function saveCheckpoint(
  path: string,
  state: AdamState,
  specs: ParameterSpec[],
  progress: Progress,
): Promise<void> {
  const tensors = PARTS.flatMap((part) =>
    specs.map(({ name, shape }) => ({ name: `${part}/${name}`, shape, data: state[part][name] })),
  );
  await writeFileAtomic(path, safetensorsParts(tensors, { progress: JSON.stringify(progress) }));
}

/** Writes the averaged weights alone: what is exported. */
export async function saveWeights(
  path: string,
  values: ParameterValues,
  specs: ParameterSpec[],
  progress: Progress,
): Promise<void> {
  const tensors = specs.map(({ name, shape }) => ({ name, shape, data: values[name] }));
  await writeFileAtomic(path, safetensorsParts(tensors, { progress: JSON.stringify(progress) }));
}

/**
 * @throws ShowtellError CHECKPOINT_INVALID where the file is damaged or belongs to other options
 */
export async function loadCheckpoint(
  path: string,
  specs: ParameterSpec[],
  fingerprint: string,
): Promise<{ state: AdamState; progress: Progress }> {
  const { file, progress } = await open(path);
  if (progress.fingerprint !== fingerprint) {
    throw new ShowtellError("CHECKPOINT_INVALID", `${path} belongs to a run with other options.`);
  }
  const part = (name: string) => pick(file, specs, `${name}/`);
  const state: AdamState = {
    step: progress.step,
    values: part("values"),
    mean: part("mean"),
    variance: part("variance"),
    average: part("average"),
  };
  return { state, progress };
}

/** The weights that `saveWeights` wrote. */
export async function loadWeights(
  path: string,
  specs: ParameterSpec[],
): Promise<{ values: ParameterValues; progress: Progress }> {
  const { file, progress } = await open(path);
  return { values: pick(file, specs, ""), progress };
}

/**
 * Where a run stood when it wrote a checkpoint.
 * @throws ShowtellError CHECKPOINT_INVALID
 */
export async function readProgress(path: string): Promise<Progress> {
  return (await open(path)).progress;
}

async function open(path: string): Promise<{ file: WeightFile; progress: Progress }> {
  try {
    const file = await openSafetensors(path);
    const { progress } = await safetensorsMetadata(path);
    return { file, progress: Progress.parse(JSON.parse(progress ?? "null")) };
  } catch (error) {
    throw new ShowtellError("CHECKPOINT_INVALID", `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function pick(file: WeightFile, specs: ParameterSpec[], prefix: string): ParameterValues {
  const names = new Set(file.names);
  return Object.fromEntries(
    specs.map(({ name, shape }) => {
      const stored = names.has(prefix + name) ? file.read(prefix + name) : undefined;
      if (stored?.shape.join() !== shape.join()) {
        throw new ShowtellError(
          "CHECKPOINT_INVALID",
          `${file.path}: ${prefix}${name} is no tensor of shape [${shape}].`,
        );
      }
      return [name, stored.data];
    }),
  );
}
