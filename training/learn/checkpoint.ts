import { readFile } from "node:fs/promises";
import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";
import { writeFileAtomic } from "../../files/atomic.js";
import { readSafetensors } from "../backbone/weights/safetensors.js";
import type { ParameterSpec, ParameterValues } from "../model/types.js";
import { safetensorsParts } from "../weights/safetensors-write.js";
import type { AdamState } from "./adam.js";

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
  const { tensors, progress } = await open(path);
  if (progress.fingerprint !== fingerprint) {
    throw new ShowtellError("CHECKPOINT_INVALID", `${path} belongs to a run with other options.`);
  }
  const part = (name: string) => pick(path, tensors, specs, `${name}/`);
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
  const { tensors, progress } = await open(path);
  return { values: pick(path, tensors, specs, ""), progress };
}

type Tensors = ReturnType<typeof readSafetensors>["tensors"];

async function open(path: string): Promise<{ tensors: Tensors; progress: Progress }> {
  try {
    const { tensors, metadata } = readSafetensors(await readFile(path));
    return { tensors, progress: Progress.parse(JSON.parse(metadata.progress ?? "null")) };
  } catch (error) {
    throw new ShowtellError("CHECKPOINT_INVALID", `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function pick(path: string, tensors: Tensors, specs: ParameterSpec[], prefix: string): ParameterValues {
  return Object.fromEntries(
    specs.map(({ name, shape }) => {
      const tensor = tensors.get(prefix + name);
      if (!tensor || tensor.shape.join() !== shape.join()) {
        throw new ShowtellError("CHECKPOINT_INVALID", `${path}: ${prefix}${name} is not a tensor of shape [${shape}].`);
      }
      return [name, tensor.data];
    }),
  );
}
