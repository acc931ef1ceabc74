import { ShowtellError } from "../../errors/index.js";
import { BeamSearch } from "./beam-search.js";
import { DecoderRows } from "./decoder-rows.js";
import type { DecoderStep, Decoding, DecodingOptions, EncodedImages, SpecialTokens } from "./types.js";

/** The values in force where nothing else is asked for. */
export const DEFAULT_DECODING = { beam: 3, maxLength: 20, lengthExponent: 0.7 } as const;

/**
 * Writes a caption for each image: greedy for beam 1, else beam search (see BeamSearch for the exact rules). All live
 * hypotheses of all images go through ONE step call a word; finished images drop out of the batch.
 * Ties: higher log-probability, then lower token id, then lower beam index.
 * @returns one decoding an image, in order
 * @throws ShowtellError USAGE on an option out of range, MODEL_INVALID if the logits are not finite; the signal's reason
 */
export async function decode(
  encoded: EncodedImages,
  step: DecoderStep,
  tokens: SpecialTokens,
  options: DecodingOptions,
): Promise<Decoding[]> {
  const { beam, maxLength, lengthExponent, alternatives = 0, signal, onWord } = options;
  requireInteger("beam", beam, 1);
  requireInteger("maxLength", maxLength, 1);
  requireInteger("alternatives", alternatives, 0);
  if (!(lengthExponent >= 0 && lengthExponent < Number.POSITIVE_INFINITY)) {
    throw new ShowtellError("USAGE", `The length exponent must be 0 or more, not ${lengthExponent}.`);
  }

  const count = encoded.hidden.dims[0]!;
  const searches = Array.from(
    { length: count },
    (_, image) => new BeamSearch(tokens, image, { beam, maxLength, lengthExponent, wanted: alternatives + 1 }),
  );
  const rows = new DecoderRows(encoded);
  for (;;) {
    signal?.throwIfAborted();
    const hypotheses = searches.flatMap(({ live }) => live);
    if (hypotheses.length === 0) break;
    const images = searches.flatMap(({ live }, image) => live.map(() => image));
    const output = await step(rows.input(hypotheses, images));
    let row = 0;
    for (const [image, search] of searches.entries()) {
      const width = search.live.length;
      if (width > 0) search.advance(output.logits, output.attention, row);
      row += width;
      const [written] = search.live;
      if (beam === 1 && written) onWord?.(image, written.token);
    }
    rows.accept(output);
  }
  return searches.map((search) => search.result());
}

function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least) {
    throw new ShowtellError("USAGE", `${name} must be a whole number of ${least} or more, not ${value}.`);
  }
}
