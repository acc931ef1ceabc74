import { annotationHead } from "../parts/annotations.js";
import type { Decoder } from "../types.js";
import { step } from "./layers.js";
import { parameters } from "./parameters.js";
import { teacherForced } from "./teacher-forced.js";

/**
 * Soft (additive) attention over the feature map with a gated context, and an LSTM with a deep output:
 * Xu et al. 2015, "Show, Attend and Tell", sections 3.1.2, 4.2 and 4.2.1.
 */
export const softAttention: Decoder = {
  name: "soft-attention",
  logits: ["logits/kernel", "logits/bias"],
  stateSize: ({ hiddenSize }) => hiddenSize,
  parameters,
  teacherForced,
  head: (config) => annotationHead(config, config.hiddenSize),
  step,
};
