import type { CaptionBatch, ParameterValues } from "../model/types.js";
import type { LossShares, StepResult } from "./step.js";

/** Splits the images of a step into so many parts, as even as can be; none is empty. */
export function splitStep(indices: number[], parts: number): number[][] {
  const count = Math.min(parts, indices.length);
  return Array.from({ length: count }, (_, i) =>
    indices.slice(Math.floor((i * indices.length) / count), Math.floor(((i + 1) * indices.length) / count)),
  );
}

/**
 * Loss and gradients of a step whose batch is computed in parts: sums of the parts' own, each by its share of what the
 * losses are means over. The result is that of the whole batch where all images have as many captions: the rows that others
 * leave empty count in the attention's regulariser.
 */
export async function accumulatedStep(
  parts: CaptionBatch[],
  compute: (part: CaptionBatch, shares: LossShares, index: number) => Promise<StepResult>,
): Promise<StepResult> {
  const sum = (of: (part: CaptionBatch) => number) => parts.reduce((total, part) => total + of(part), 0);
  const predictions = (part: CaptionBatch) => part.positions.length;
  const captions = (part: CaptionBatch) => part.images * part.columns[0];
  const whole = { predictions: sum(predictions), captions: sum(captions) };
  let total: StepResult | undefined;
  for (const [index, part] of parts.entries()) {
    const shares = {
      crossEntropy: predictions(part) / whole.predictions,
      attention: captions(part) / whole.captions,
    };
    const result = await compute(part, shares, index);
    total = total ? added(total, result) : result;
  }
  return total!;
}

function added(total: StepResult, part: StepResult): StepResult {
  addInPlace(total.gradients, part.gradients);
  return {
    loss: total.loss + part.loss,
    crossEntropy: total.crossEntropy + part.crossEntropy,
    gradients: total.gradients,
  };
}

function addInPlace(sums: ParameterValues, values: ParameterValues): void {
  for (const [name, sum] of Object.entries(sums)) {
    const value = values[name];
    for (let i = 0; i < sum.length; i++) sum[i] += value[i];
  }
}
