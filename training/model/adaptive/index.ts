import { ShowtellError } from "../../../errors/index.js";
import { annotationHead } from "../parts/annotations.js";
import type { Decoder } from "../types.js";
import { step } from "./layers.js";
import { parameters } from "./parameters.js";
import { teacherForced } from "./teacher-forced.js";

/**
 * Attention by the current state, with a visual sentinel: what the LSTM remembers stands beside the image's places, and
 * the decoder learns when not to look (Lu et al. 2017, "Knowing When to Look", eq. 6 to 13). Image and state are added, so
 * annotation vectors are embedded in the state's size. The image as a whole, which the LSTM reads at each step, and the
 * first state are the mean annotation vector.
 */
export const adaptive: Decoder = {
  name: "adaptive",
  logits: ["logits/kernel", "logits/bias"],
  stateSize: ({ hiddenSize }) => hiddenSize,
  featureSize,
  parameters,
  teacherForced,
  head: (config) => annotationHead(config, config.hiddenSize),
  step,
};

function featureSize({ featureSize, hiddenSize }: { featureSize: number; hiddenSize: number }): number {
  if (featureSize === 0 || featureSize === hiddenSize) return hiddenSize;
  throw new ShowtellError(
    "USAGE",
    `The decoder adaptive adds features and state: --feature-size ${featureSize} must be ${hiddenSize}, as --hidden-size is, or be left out.`,
  );
}
