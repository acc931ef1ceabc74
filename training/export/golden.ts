import {
  type DecodingOptions,
  decode,
  type Manifest,
  type Preprocessing,
  type SpecialTokens,
} from "../../runtime/core/index.js";
import { onnxDecoderStep, onnxEncoder, openSession } from "../../runtime/node/graphs.js";
import { trialImages } from "../../runtime/node/trial-images.js";

type Golden = NonNullable<Manifest["golden"]>[number];

/** What a model writes about the trial pictures where it is exported: `models verify` compares it elsewhere. */
export async function goldenCaptions(
  files: Record<"encoder" | "decoder", string>,
  precision: Golden["precision"],
  { tokens, decoding, input }: { tokens: SpecialTokens; decoding: DecodingOptions; input: Preprocessing },
): Promise<Golden> {
  const [encoder, decoder] = [await openSession(files.encoder), await openSession(files.decoder)];
  try {
    const encoded = await onnxEncoder(encoder)(trialImages(input));
    const captions = await decode(encoded, onnxDecoderStep(decoder), tokens, decoding);
    return { precision, captions: captions.map(({ tokens, score }) => ({ tokens, score })) };
  } finally {
    await encoder.release();
    await decoder.release();
  }
}
