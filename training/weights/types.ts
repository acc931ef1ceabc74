import { ShowtellError } from "../../errors/index.js";

export interface Weight {
  shape: number[];
  data: Float32Array;
}

/** Named float32 weights, whatever file they come from. */
export interface WeightFile {
  /** Where they were read. */
  path: string;
  sha256: string;
  names: string[];
  /** @throws ShowtellError WEIGHTS_INVALID: no such weight, or its data cannot be read */
  read(name: string): Weight;
}

/**
 * One weight, which must have this shape.
 * @throws ShowtellError WEIGHTS_INVALID
 */
export function readShaped(file: WeightFile, name: string, shape: number[]): Weight {
  const weight = file.read(name);
  if (weight.shape.join() !== shape.join()) {
    throw new ShowtellError(
      "WEIGHTS_INVALID",
      `${file.path}: ${name} has the shape [${weight.shape}], expected [${shape}].`,
    );
  }
  return weight;
}

/** A fault of a weights file. */
export function invalidWeights(path: string, what: string, cause?: unknown): ShowtellError {
  return new ShowtellError("WEIGHTS_INVALID", `${path}: ${what}.`, { cause });
}
