import { annotationHead } from "../parts/annotations.js";
import type { Decoder } from "../types.js";
import { step } from "./layers.js";
import { parameters, stateSize } from "./parameters.js";
import { teacherForced } from "./teacher-forced.js";

/**
 * Two LSTMs, one that decides where to look and one that writes: the captioner of Anderson et al. 2018, "Bottom-Up and
 * Top-Down Attention", section 3.2, over the locations of the feature map. The first states come from the mean feature.
 */
export const topDown: Decoder = {
  name: "top-down",
  logits: ["logits/kernel", "logits/bias"],
  stateSize,
  parameters,
  teacherForced,
  head: (config) => annotationHead(config, stateSize(config)),
  step,
};
