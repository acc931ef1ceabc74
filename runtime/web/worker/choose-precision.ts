import { ShowtellError } from "../../../errors/index.js";
import type { Manifest, Precision } from "../../core/index.js";
import type { Provider } from "../types.js";

/** What is asked for, and where the graphs are to run. */
export interface PrecisionChoice {
  provider: Provider;
  /** Whether another provider may be taken instead. */
  auto: boolean;
  asked?: Precision;
}

/**
 * The precision asked for, or else the one whose files are the smallest. WebGPU has kernels for few int8 operators and leaves the
 * others to the processor, so there a float precision goes first.
 * @throws ShowtellError USAGE or MODEL_INVALID if the model does not have it, DEVICE_UNAVAILABLE if the provider does not suit
 */
export function choosePrecision({ graphs: { encoder, decoder } }: Manifest, choice: PrecisionChoice): Precision {
  const { provider, auto, asked } = choice;
  const size = (precision: Precision) => (encoder[precision]?.bytes ?? 0) + (decoder[precision]?.bytes ?? 0);
  const available = (["int8", "fp16", "fp32"] as const)
    .filter((name) => encoder[name] && decoder[name])
    .sort((a, b) => size(a) - size(b));
  const floats = provider === "webgpu" ? available.filter((name) => name !== "int8") : [];
  const chosen = asked ? available.find((name) => name === asked) : (floats[0] ?? available[0]);
  if (!chosen) {
    const has = available.join(", ") || "no precision in both encoder and decoder";
    throw new ShowtellError(asked ? "USAGE" : "MODEL_INVALID", `The model has no ${asked ?? "graphs"}; it has ${has}.`);
  }
  if (provider === "webgpu" && auto && chosen === "int8") {
    throw new ShowtellError("DEVICE_UNAVAILABLE", "the model's graphs are int8, for which WebGPU has few kernels");
  }
  return chosen;
}
