import { ShowtellError } from "../../errors/index.js";
import { adaptive } from "./adaptive/index.js";
import { softAttention } from "./soft-attention/index.js";
import { topDown } from "./top-down/index.js";
import type { Decoder } from "./types.js";

export const decoders: readonly Decoder[] = [softAttention, adaptive, topDown];

/** @throws ShowtellError USAGE for an unknown name */
export function decoderByName(name: string): Decoder {
  const decoder = decoders.find((candidate) => candidate.name === name);
  if (!decoder) {
    throw new ShowtellError("USAGE", `No decoder "${name}": ${decoders.map((known) => known.name).join(", ")}.`);
  }
  return decoder;
}
