import type { Graph } from "../../converter/index.js";
import type { DecodingOptions, GraphFile, Manifest, Preprocessing, SpecialTokens } from "../../runtime/core/index.js";
import { buildCaptioner } from "./captioner/index.js";
import { captionerParity } from "./captioner/parity.js";
import { goldenCaptions } from "./golden.js";
import { type ExportPrecision, type GraphParity, testImages } from "./graphs.js";
import type { ModelFolderWriter } from "./model-folder.js";

/** Images that captioner and step-wise decoding are compared on. */
const COMPARED = 4;

export interface StoredGraphs {
  files: Record<"encoder" | "decoder" | "captioner", GraphFile>;
  /** Of the captioner. */
  parity: GraphParity[];
  golden: NonNullable<Manifest["golden"]>[number];
}

/**
 * Stores encoder and decoder, and the captioner that both make up, which reads its weights from their files, and compares
 * the captions of the files as they were written.
 * @throws ShowtellError CONVERT_INVALID_MODEL, DISK_FULL
 */
export async function storeGraphs(
  writer: ModelFolderWriter,
  { encoder, decoder }: Record<"encoder" | "decoder", Graph>,
  precision: ExportPrecision,
  {
    tokens,
    decoding,
    input,
    compute,
  }: { tokens: SpecialTokens; decoding: DecodingOptions; input: Preprocessing; compute?: GraphFile["compute"] },
): Promise<StoredGraphs> {
  const suffix = precision === "fp32" ? "" : `.${precision}`;
  const first = await writer.addGraph(`encoder${suffix}.onnx`, encoder);
  const second = await writer.addGraph(`decoder${suffix}.onnx`, decoder);
  const captioner = buildCaptioner({ encoder, decoder }, { tokens, lengthExponent: decoding.lengthExponent });
  const whole = await writer.addGraph(`captioner${suffix}.onnx`, captioner, [
    { graph: encoder, stored: first },
    { graph: decoder, stored: second },
  ]);
  const computing = (file: GraphFile): GraphFile => ({ ...file, ...(compute && { compute }) });
  const files = { encoder: computing(first), decoder: computing(second), captioner: computing(whole) };
  const { height, width } = input;
  const images = { data: testImages(COMPARED, height, width), dims: [COMPARED, height, width, 3] };
  const paths = { encoder: writer.pathOf(first), decoder: writer.pathOf(second), captioner: writer.pathOf(whole) };
  return {
    files,
    parity: await captionerParity(paths, images, precision, { tokens, decoding, compute }),
    golden: await goldenCaptions(paths, precision, { tokens, decoding, input }),
  };
}
